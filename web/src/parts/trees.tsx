import { useState } from "preact/hooks";
import type { SyncVerifyResult, SyncVerifyView } from "../../../model/fleet.ts";
import { eachSecond } from "../state/clock.ts";
import { target } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { address, get } from "../wire/request.ts";
import { ActionButton, attempt, Confirm } from "./actions.tsx";
import { Ago, Card, Chip, Empty, Heads, Problem, Table } from "./common.tsx";
import { compareTrees } from "./operate.ts";

/** Which drones have the same tree, as the last comparison outside of a run has found; and another one. */
export function Trees() {
  const name = target.value;
  const url = name === null ? null : address(["targets", name, "sync-verify"]);
  const { data, error, reload } = useResource(
    url,
    (signal) => get<SyncVerifyView>(url ?? "", signal),
    // Only the engine knows of it: the gateway asks it for all pages that do.
    eachSecond(),
  );
  const [syncing, setSyncing] = useState<string | null>(null);
  const isRunning = data?.state === "running";
  if (name === null) return null;
  const compare = async (of: string, sync: boolean): Promise<string> => {
    const text = await compareTrees(of, sync);
    reload();
    return text;
  };
  return (
    <Card
      title="Trees"
      aside={
        <div class="buttons">
          <ActionButton onAct={() => setSyncing(name)}>Sync and compare…</ActionButton>
          <ActionButton onAct={() => attempt(() => compare(name, false))}>Compare only</ActionButton>
        </div>
      }
    >
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data?.state === "never" && (
        <Empty>Each run compares the drones' trees by itself. Here they are compared in between.</Empty>
      )}
      {isRunning && <p class="muted">The drones' trees of {name} are being compared…</p>}
      {data?.state === "failed" && <p class="bad-text">It failed: {data.reason}</p>}
      {data?.endedAt != null && (
        <p class="hint">
          Compared for {name} <Ago at={data.endedAt} />.
        </p>
      )}
      {data?.result && <Compared result={data.result} />}
      {syncing !== null && (
        <Confirm
          title={`Sync the trees of ${syncing}?`}
          verb="Sync"
          act={() => compare(syncing, true)}
          onClose={() => setSyncing(null)}
        >
          <p>
            Every drone that is online fetches the newest tree. The next run begins with it; one in progress stays with
            its own.
          </p>
        </Confirm>
      )}
    </Card>
  );
}

function Compared({ result: { drones } }: { result: SyncVerifyResult }) {
  if (drones.length === 0) return <Empty>No drone was online.</Empty>;
  return (
    <Table label="Trees of the drones">
      <Heads of={["Drone", "Tree of", "Tree", "Agrees"]} />
      <tbody>
        {drones.map(({ name, ok, error, report }) => (
          <tr key={name}>
            <td>{name}</td>
            <td class="number">{report?.treeTime ?? "–"}</td>
            <td>{report ? report.tree.slice(0, 24) : "–"}</td>
            <td>
              {ok ? (
                <Chip tone="good" sign="✓">
                  yes
                </Chip>
              ) : (
                <Chip tone="bad" sign="✗">
                  no
                </Chip>
              )}{" "}
              {error}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
