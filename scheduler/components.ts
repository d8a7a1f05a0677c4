/**
 * Strongly connected components of a directed graph given as adjacency lists (Tarjan 1972, without recursion, since a
 * chain of 20,000 packages would overflow the stack).
 * @returns for each node its component's number, and how many there are. Numbers are in reverse topological order.
 */
export function stronglyConnected(edges: readonly (readonly number[])[]): { of: Int32Array; count: number } {
  const size = edges.length;
  const of = new Int32Array(size).fill(-1);
  const order = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const next = new Int32Array(size);
  const stack: number[] = [];
  let visited = 0;
  let count = 0;

  for (let root = 0; root < size; root++) {
    if (order[root] !== -1) continue;
    const path = [root];
    while (path.length > 0) {
      const node = path.at(-1) ?? root;
      if (order[node] === -1) {
        order[node] = low[node] = visited++;
        stack.push(node);
      }
      const child = edges[node]?.[next[node] ?? 0];
      if (child !== undefined) {
        next[node] = (next[node] ?? 0) + 1;
        if (order[child] === -1) path.push(child);
        else if (of[child] === -1) low[node] = Math.min(low[node] ?? 0, order[child] ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] !== order[node]) continue;
      let member: number | undefined;
      do {
        member = stack.pop();
        if (member !== undefined) of[member] = count;
      } while (member !== undefined && member !== node);
      count++;
    }
  }
  return { of, count };
}
