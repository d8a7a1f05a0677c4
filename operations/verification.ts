import type { Verification } from "../model/finalize.ts";
import type { PackageView, RunView } from "../model/run.ts";
import type { StoredPackage } from "../model/snapshot.ts";
import { count } from "../model/words.ts";

/** Compares what the run says with what the binhost has. */
export function verification(
  run: RunView,
  packages: readonly PackageView[],
  staged: readonly StoredPackage[],
): Verification {
  const there = new Set(staged.map((each) => each.cpv));
  const inState = (state: PackageView["state"]): PackageView[] => packages.filter((each) => each.state === state);
  const base = {
    run: run.run,
    target: run.target,
    step: run.step,
    publish: staged.map(({ cpv, size }) => ({ cpv, size })).sort((a, b) => (a.cpv < b.cpv ? -1 : 1)),
    bytes: staged.reduce((sum, each) => sum + each.size, 0),
    // After the publish the staging is empty, by design.
    lost: run.step === "done" ? [] : inState("received").flatMap(({ cpv }) => (there.has(cpv) ? [] : [cpv])),
    open: [...inState("needed"), ...inState("delegated")].map(({ cpv }) => cpv),
    failed: run.failed.map(({ drones: _, ...failed }) => failed),
    unresolved: run.unresolvable.flatMap(({ atoms, class: kind }) => atoms.map((atom) => ({ atom, class: kind }))),
    skipped: inState("skipped").map(({ cpv, cause }) => ({ cpv, cause: cause ?? "a failed package" })),
  };
  return { ...base, ...riskOf(base) };
}

function riskOf(facts: Omit<Verification, "risk" | "words">): Pick<Verification, "risk" | "words"> {
  const { lost, open, failed, skipped, unresolved, publish, step } = facts;
  if (step === "done") return { risk: "none", words: ["This run is published already: there is nothing to finalize."] };
  if (lost.length > 0) {
    const words = `The run counts ${count(lost.length, "package")} as received that the binhost does not have.`;
    return { risk: "do not", words: [words, "Publishing would leave them out. Reset, and run again."] };
  }
  if (open.length > 0) {
    return {
      risk: "do not",
      words: [`Too early: ${count(open.length, "package")} not built yet. Finalize is refused.`],
    };
  }
  if (publish.length === 0) return { risk: "do not", words: ["Nothing is staged: there is nothing to publish."] };
  if (failed.length > 0) {
    const left = failed.length + skipped.length;
    return {
      risk: "some",
      words: [
        `${count(left, "package")} of the update would be missing: clients keep the version that they have, or compile it themselves.`,
        "Packages built in this run were built without them: clients that mix both may rebuild once more later.",
      ],
    };
  }
  if (unresolved.length > 0) {
    const words = `${count(unresolved.length, "atom")} did not resolve and is left out: clients keep what they have of it.`;
    return { risk: "some", words: ["Everything else that the run needs is built and checked.", words] };
  }
  return { risk: "none", words: ["Everything that the run needs is built and checked."] };
}
