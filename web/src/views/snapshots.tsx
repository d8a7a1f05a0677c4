import { useMemo, useState } from "preact/hooks";
import type { SnapshotInfo } from "../../../model/binhost.ts";
import type { Snapshot, SnapshotDiff } from "../../../model/snapshot.ts";
import { bytes, count, timestamp } from "../../../model/words.ts";
import { ActionButton, Confirm } from "../parts/actions.tsx";
import { Card, Chip, Empty, Heads, Problem, Table } from "../parts/common.tsx";
import { prune, rollBack } from "../parts/operate.ts";
import { PastRunLink, useRuns } from "../parts/runChooser.tsx";
import { VirtualTable } from "../parts/virtualTable.tsx";
import { revisionOf } from "../state/clock.ts";
import { state, target } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { href, route } from "../state/router.ts";
import { address, get } from "../wire/request.ts";

/** What was published of a target: contents, differences, the way back. */
export function SnapshotsView() {
  const name = target.value;
  const { snapshots = {}, snapshotRevisions = {} } = state.value?.reading ?? {};
  // Whoever publishes, rolls back or removes some; an older binhost tells of the current one only.
  const seen = `${snapshots[name ?? ""]} ${revisionOf(snapshotRevisions[name ?? ""])}`;
  const { data, error, reload } = useResource(
    name === null ? null : `snapshots ${name}`,
    (signal) => get<SnapshotInfo[]>(address(["snapshots", name ?? ""], { seen }), signal),
    seen,
  );
  const [id] = route.value.path;
  const from = route.value.query.get("from");
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>Snapshots</h1>
        {name !== null && <span class="muted">of {name}</span>}
      </div>
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data?.length === 0 && <Empty>Nothing was published yet: finalize a run.</Empty>}
      {data && data.length > 0 && <List target={name ?? ""} snapshots={data} onChange={reload} />}
      {name !== null && id !== undefined && from !== null && (
        <Difference target={name} from={from} to={id} seen={seen} />
      )}
      {name !== null && id !== undefined && from === null && <Contents target={name} id={id} seen={seen} />}
    </>
  );
}

function List({
  target: name,
  snapshots,
  onChange,
}: {
  target: string;
  snapshots: readonly SnapshotInfo[];
  onChange(): void;
}) {
  const [back, setBack] = useState<{ of: string; snapshot: SnapshotInfo } | null>(null);
  const [isPruning, setPruning] = useState(false);
  const runs = useRuns();
  return (
    <Card
      title="Published"
      aside={
        snapshots.length > 1 && (
          <div class="buttons">
            <ActionButton onAct={() => setPruning(true)}>Remove old ones…</ActionButton>
          </div>
        )
      }
    >
      <Table label="Snapshots">
        <Heads of={["Snapshot", "Published", "Packages", "Size", "More"]} />
        <tbody>
          {snapshots
            .toSorted((a, b) => (a.id < b.id ? 1 : -1))
            .map((snapshot, i, all) => {
              const before = all[i + 1];
              return (
                <tr key={snapshot.id}>
                  <td>
                    <a href={href("snapshots", [snapshot.id])}>{snapshot.id}</a>{" "}
                    {snapshot.current && (
                      <Chip tone="good" sign="●">
                        current
                      </Chip>
                    )}
                  </td>
                  <td class="number">{timestamp(Date.parse(snapshot.createdAt))}</td>
                  <td class="number">{snapshot.packages}</td>
                  <td class="number">{bytes(snapshot.bytes)}</td>
                  <td>
                    <span class="links">
                      {before && (
                        <a href={href("snapshots", [snapshot.id], { from: before.id })}>
                          What changed<span class="visually-hidden"> in {snapshot.id}</span>
                        </a>
                      )}
                      <PastRunLink id={snapshot.run} runs={runs} />
                      {!snapshot.current && (
                        <ActionButton
                          label={`Roll back to ${snapshot.id}`}
                          onAct={() => setBack({ of: name, snapshot })}
                        >
                          Roll back…
                        </ActionButton>
                      )}
                    </span>
                  </td>
                </tr>
              );
            })}
        </tbody>
      </Table>
      {isPruning && (
        <PruneDialog target={name} number={snapshots.length} onDone={onChange} onClose={() => setPruning(false)} />
      )}
      {back && (
        <Confirm
          title="Roll back?"
          verb="Roll back"
          danger
          act={async () => {
            const text = await rollBack(back.of, back.snapshot.id);
            onChange();
            return text;
          }}
          onClose={() => setBack(null)}
        >
          <p>
            Clients of {back.of} get <strong>{back.snapshot.id}</strong> with its{" "}
            {count(back.snapshot.packages, "package")} at once. The other snapshots stay: you can go forward again in
            the same way.
          </p>
        </Confirm>
      )}
    </Card>
  );
}

function PruneDialog({
  target: name,
  number,
  onDone,
  onClose,
}: {
  target: string;
  number: number;
  onDone(): void;
  onClose(): void;
}) {
  const [keep, setKeep] = useState(Math.max(1, number - 1));
  const act = async () => {
    const text = await prune(name, keep);
    onDone();
    return text;
  };
  return (
    <Confirm title={`Remove old snapshots of ${name}?`} verb="Remove" danger act={act} onClose={onClose}>
      <p>
        The oldest of {number} are removed for good, with the packages that no other one has; never the current one.
      </p>
      <label>
        How many stay
        <input
          type="number"
          min={1}
          max={number}
          value={keep}
          onInput={(event) => setKeep(Number(event.currentTarget.value))}
        />
      </label>
    </Confirm>
  );
}

function Contents({ target: name, id, seen }: { target: string; id: string; seen: string }) {
  const { data, error, reload } = useResource(
    `contents ${name} ${id}`,
    (signal) => get<Snapshot>(address(["snapshots", name, id], { seen }), signal),
    seen,
  );
  const [search, setSearch] = useState("");
  const rows = useMemo(
    () => (data?.packages ?? []).filter(({ cpv }) => cpv.toLowerCase().includes(search.trim().toLowerCase())),
    [data, search],
  );
  if (error !== null) return <Problem text={error} onRetry={reload} />;
  if (data === null) return <Empty>Reading {id}…</Empty>;
  return (
    <Card title={`Contents of ${id}`} aside={<span class="muted">{count(rows.length, "package")}</span>}>
      <p class="hint">
        Built by {data.run}, tree {data.tree.slice(0, 24)}
      </p>
      <search class="filters">
        <label class="grow">
          <span class="visually-hidden">Search in this snapshot</span>
          <input
            type="search"
            placeholder="Search…"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
      </search>
      <VirtualTable
        label={`Packages of ${id}`}
        rows={rows}
        keyOf={({ cpv, buildId }) => `${cpv} ${buildId}`}
        head={
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Slot</th>
            <th scope="col">Size</th>
            <th scope="col">USE</th>
          </tr>
        }
        cells={({ cpv, slot, subslot, size, use, buildId }) => (
          <>
            <td>
              {cpv}
              {buildId > 1 && <span class="muted"> build {buildId}</span>}
            </td>
            <td>{slot === subslot || subslot === "" ? slot : `${slot}/${subslot}`}</td>
            <td class="number">{bytes(size)}</td>
            <td class="clip">{use.join(" ")}</td>
          </>
        )}
      />
    </Card>
  );
}

interface DifferenceProps {
  target: string;
  from: string;
  to: string;
  seen: string;
}

function Difference({ target: name, from, to, seen }: DifferenceProps) {
  const { data, error, reload } = useResource(
    `difference ${name} ${from} ${to}`,
    (signal) => get<SnapshotDiff>(address(["snapshots", name, "diff"], { from, to, seen }), signal),
    seen,
  );
  if (error !== null) return <Problem text={error} onRetry={reload} />;
  if (data === null) return <Empty>Comparing…</Empty>;
  const { added, removed, changed, rebuilt } = data;
  const parts: [title: string, lines: string[]][] = [
    ["Added", added],
    ["Removed", removed],
    ["Another version", changed.map((one) => `${one.name}: ${one.from} → ${one.to}`)],
    ["Built anew", rebuilt.map((one) => `${one.cpv}: build ${one.from} → ${one.to}`)],
  ];
  return (
    <Card title="What changed" aside={<a href={href("snapshots", [to])}>Contents</a>}>
      <p class="hint">
        From {from} to {to}
      </p>
      {parts.every(([, lines]) => lines.length === 0) && <Empty>Nothing: both have the same packages.</Empty>}
      {parts
        .filter(([, lines]) => lines.length > 0)
        .map(([title, lines]) => (
          <details key={title} open={lines.length <= 100}>
            <summary>
              {title} ({lines.length})
            </summary>
            <ul class="names">
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </details>
        ))}
    </Card>
  );
}
