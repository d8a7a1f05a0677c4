import { BuildHistory } from "../../store/history.ts";
import { attemptAt } from "./historySupport.ts";

// Records attempts without end and tells each one that is recorded: it is killed.
const [file = "", life = ""] = process.argv.slice(2);
const history = new BuildHistory(file, (message) => console.error(message));
for (let at = 0; ; at++) {
  history.record(attemptAt(at, { run: `life-${life}-${at}`, target: `life-${life}` }));
  process.stdout.write(`${at}\n`);
  if (at % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
}
