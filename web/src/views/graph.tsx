import { useEffect, useRef, useState } from "preact/hooks";
import type { GraphAnswer } from "../../../model/answers.ts";
import { count, duration } from "../../../model/words.ts";
import { Card, Empty, PackageLink, Problem, StateChip } from "../parts/common.tsx";
import { GraphPicture } from "../parts/graphPicture.tsx";
import { graphVersion, useCritical } from "../state/critical.ts";
import { packages, run, target } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { href, refine, route } from "../state/router.ts";
import { address, get } from "../wire/request.ts";

const DEPTHS = ["1", "2", "3"];

/** The packages around a chosen one, or the critical path. */
export function GraphView() {
  const { query } = route.value;
  const around = query.get("around");
  const depth = DEPTHS.find((one) => one === query.get("depth")) ?? "1";
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(around);
  useEffect(() => {
    if (before.current === around) return;
    before.current = around;
    // What was followed is gone from the picture, or stands elsewhere in it.
    heading.current?.focus();
  }, [around]);
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1} ref={heading}>
          Graph<span class="visually-hidden">{around === null ? "" : ` around ${around}`}</span>
        </h1>
        {around !== null && <a href={href("graph")}>Critical path</a>}
      </div>
      <search class="filters">
        <Finder key={around} />
        {around !== null && (
          <fieldset class="segments">
            <legend class="visually-hidden">How far around it</legend>
            {DEPTHS.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={one === depth}
                onClick={() => refine({ around, depth: one })}
              >
                {one === "1" ? "1 step" : `${one} steps`}
              </button>
            ))}
          </fieldset>
        )}
      </search>
      {around === null ? <Critical /> : <Around cpv={around} depth={Number(depth)} />}
    </>
  );
}

const FOUND = 12;

/** Finds a package by a part of its name. */
function Finder() {
  const [text, setText] = useState("");
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found: string[] = [];
  if (words.length > 0) {
    for (const cpv of packages.value.keys()) {
      if (words.every((word) => cpv.toLowerCase().includes(word))) found.push(cpv);
      if (found.length === FOUND) break;
    }
  }
  return (
    <form
      class="finder grow"
      onSubmit={(event) => {
        event.preventDefault();
        if (found[0] !== undefined) location.hash = href("graph", [], { around: found[0] });
      }}
    >
      <label>
        <span class="visually-hidden">Find a package</span>
        <input
          type="search"
          placeholder="Find a package…"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class="visually-hidden" role="status">
        {words.length > 0 && (found.length === FOUND ? `The first ${FOUND} are listed.` : `${found.length} found.`)}
      </p>
      {words.length > 0 && (
        <ul class="found">
          {found.map((cpv) => (
            <li key={cpv}>
              <a href={href("graph", [], { around: cpv })}>{cpv}</a>
            </li>
          ))}
          {found.length === 0 && <li class="muted">No package of this run is like that.</li>}
        </ul>
      )}
    </form>
  );
}

function Around({ cpv, depth }: { cpv: string; depth: number }) {
  const name = target.value;
  const url = name === null ? null : address(["runs", name, "graph"], { around: cpv, depth });
  const { data, error, reload } = useResource(
    url === null ? null : `${url} ${run.value?.run}`,
    (signal) => get<GraphAnswer>(url ?? "", signal),
    graphVersion(),
  );
  if (error !== null) return <Problem text={error} onRetry={reload} />;
  if (data === null) return <Empty>Asking for the graph…</Empty>;
  return <GraphPicture graph={data} around={cpv} depth={depth} />;
}

function Critical() {
  const { data, error, isLoading, reload } = useCritical();
  if (error !== null) return <Problem text={error} onRetry={reload} />;
  if (run.value === null) return <Empty>There was no run yet.</Empty>;
  if (data === null) return isLoading ? <Empty>Asking for the critical path…</Empty> : null;
  if (data.critical.length === 0) return <Empty>Nothing is left to be built.</Empty>;
  const nodes = new Map(data.nodes.map((node) => [node.cpv, node]));
  let passed = 0;
  const steps = data.critical.map((cpv) => {
    const seconds = nodes.get(cpv)?.estimateSeconds ?? null;
    passed += seconds ?? 0;
    return { cpv, seconds, until: passed };
  });
  const total = Math.max(1, passed);
  return (
    <Card
      title="Critical path"
      aside={
        <span class="muted">
          {count(data.critical.length, "package")}, about {duration(total * 1000)}
        </span>
      }
    >
      <p class="hint">
        Each waits for the one before it, which it needs or whose room it takes. The run cannot be done before all of
        them are.
      </p>
      <ol class="chain">
        {steps.map(({ cpv, seconds, until }) => (
          <li key={cpv}>
            <span class="chain-name">
              <PackageLink cpv={cpv} />
              <StateChip state={packages.value.get(cpv)?.state ?? nodes.get(cpv)?.state ?? "needed"} />
            </span>
            <span class="chain-bar" aria-hidden="true">
              <span
                style={{
                  marginLeft: `${(99 * (until - (seconds ?? 0))) / total}%`,
                  width: `${Math.max(1, (99 * (seconds ?? 0)) / total)}%`,
                }}
              />
            </span>
            <span class="number">{seconds === null ? "–" : duration(seconds * 1000)}</span>
            <a href={href("graph", [], { around: cpv })}>
              Around<span class="visually-hidden"> {cpv}</span>
            </a>
          </li>
        ))}
      </ol>
    </Card>
  );
}
