import type { PackageGraph } from "../../scheduler/packageGraph.ts";
import { Random } from "../../scheduler/random.ts";
import type { SimDrone } from "../../scheduler/simulate.ts";
import type { Work } from "../../scheduler/work.ts";

/** Forms of random graphs: what a package tree may look like to a scheduler. */
const SHAPES = ["layered", "chains", "fan-in", "fan-out", "giants", "sparse", "tree"] as const;
type Shape = (typeof SHAPES)[number];

export interface RandomGraph extends PackageGraph {
  shape: Shape;
  drones: SimDrone[];
}

/**
 * A random graph with drones for it; the same seed gives the same. Shapes take turns.
 * @param sizes least and largest number of packages.
 */
export function randomGraph(seed: number, sizes: readonly [number, number] = [20, 400]): RandomGraph {
  const random = new Random(seed * 7919 + 17);
  const whole = (low: number, high: number): number => low + Math.floor(random.next() * (high - low + 1));
  const shape = SHAPES[seed % SHAPES.length] ?? "layered";
  const [low, high] = sizes;
  const size = Math.round(low * (high / low) ** random.next());
  const tail = shape === "giants" ? 2 : 0.8 + random.next();
  const packages = needsOf(shape, size, whole, random).map((needs, i) => ({
    ...{ cpv: `random/package-${i}`, work: randomWork(tail, random), needs, reaches: needs },
  }));
  const uneven = random.next() < 0.3;
  const drones = Array.from({ length: whole(1, 8) }, (_, i): SimDrone => {
    const cores = [1, 2, 4, 6, 8, 12, 14, 16, 24, 32, 64][whole(0, 10)] ?? 8;
    return { name: `drone${i + 1}`, cores, speed: uneven ? Math.round((0.5 + random.next() * 1.5) * 100) / 100 : 1 };
  });
  return { name: `random-${seed}`, shape, packages, drones };
}

/** Heavy-tailed: a few are most of the work. */
function randomWork(tail: number, random: Random): Work {
  const work = 2 + Math.round(60 * Math.exp(tail * random.normal()));
  const part = random.next();
  const serial = part < 0.15 ? work : Math.max(1, Math.round(work * (0.02 + 0.5 * part)));
  const width = random.next() < 0.2 ? 1 : Math.max(1, Math.round(work / 8));
  return { work, serial, width: Math.min(width, 256) };
}

function needsOf(shape: Shape, size: number, whole: (low: number, high: number) => number, random: Random): number[][] {
  const some = (count: number, from: number, to: number): number[] =>
    to < Math.max(0, from)
      ? []
      : [...new Set(Array.from({ length: count }, () => whole(from, to)))].sort((a, b) => a - b);
  const each = (make: (i: number) => number[]): number[][] => Array.from({ length: size }, (_, i) => make(i));
  switch (shape) {
    case "layered": {
      const width = whole(2, Math.max(3, Math.floor(size / 4)));
      return each((i) => {
        const layer = Math.floor(i / width);
        return layer === 0 ? [] : some(whole(1, 4), (layer - 1) * width, layer * width - 1);
      });
    }
    case "chains": {
      const chains = whole(1, 12);
      return each((i) => [
        ...(i >= chains ? [i - chains] : []),
        ...(random.next() < 0.05 ? some(1, 0, i - chains - 1) : []),
      ]);
    }
    case "fan-in":
      // Many small ones, and hubs that wait for all of a stretch.
      return each((i) =>
        i % 25 === 24 ? some(20, Math.max(0, i - 60), i - 1) : random.next() < 0.2 ? some(1, 0, i - 1) : [],
      );
    case "fan-out": {
      const hubs = whole(1, 5);
      return each((i) => (i < hubs ? some(1, i - 1, i - 1) : some(whole(1, 2), 0, Math.min(i, hubs + i / 8) - 1)));
    }
    case "giants":
      return each((i) => (random.next() < 0.5 ? some(whole(1, 3), Math.max(0, i - 40), i - 1) : []));
    case "sparse":
      return each((i) => (random.next() < 0.1 ? some(1, 0, i - 1) : []));
    case "tree":
      return each((i) => some(1, Math.floor((i - 1) / 3), Math.floor((i - 1) / 3)));
  }
}
