/**
 * Does one thing to a store and dies by SIGKILL at the named point: `crashChild.ts DIRECTORY POINT JSON`.
 * Run as a process of its own by crash.test.ts.
 */
import { z } from "zod";
import { openStore } from "../../store/store.ts";

const Work = z.discriminatedUnion("do", [
  z.object({
    do: z.literal("publish"),
    request: z.object({
      target: z.string(),
      run: z.string(),
      tree: z.string(),
      bundle: z.string(),
      createdAt: z.string(),
    }),
  }),
  z.object({ do: z.literal("rollback"), target: z.string(), id: z.string() }),
  z.object({ do: z.literal("prune"), target: z.string(), keep: z.number() }),
  z.object({
    do: z.literal("accept"),
    request: z.object({
      id: z.string(),
      size: z.number(),
      sha256: z.string(),
      run: z.string(),
      target: z.string(),
      expected: z.object({
        cpv: z.string(),
        buildId: z.number(),
        slot: z.string(),
        subslot: z.string(),
        repository: z.string(),
        use: z.array(z.string()),
        iuse: z.array(z.string()),
        chost: z.string(),
        settings: z.record(z.string(), z.string()),
      }),
    }),
  }),
]);
export type Work = z.infer<typeof Work>;

const [directory = "", point = "", text = ""] = process.argv.slice(2);
const work = Work.parse(JSON.parse(text));
const store = await openStore(directory, {
  name: "main",
  checkpoint: (reached) => {
    if (reached === point) process.kill(process.pid, "SIGKILL");
  },
});
if (work.do === "publish") await store.publish(work.request);
else if (work.do === "rollback") await store.rollback(work.target, work.id);
else if (work.do === "prune") await store.prune(work.target, work.keep);
else await store.acceptUpload(work.request);
