import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { packageRoot } from "../system/packageRoot.ts";
import { PAGE_POLICY } from "./securityHeaders.ts";

/** Where the page lies once it is built. */
const PAGE = join(packageRoot(), "dist", "web");

/** Names of what never changes have a hash of their content; what is sent may be the compressed file beside it. */
const HASHED = /-[0-9a-f]{8,}\.\w+(\.br|\.gz)?$/;

/** The page: one document and what it loads, compressed when it was built. */
export async function registerPage(app: FastifyInstance, root = PAGE): Promise<void> {
  const config = { demand: "open", cost: "memory" } as const;
  if (!existsSync(join(root, "index.html"))) {
    app.get("/", { config, schema: { hide: true } }, (_request, reply) =>
      reply.type("text/plain; charset=utf-8").send("The page is not built: npm run build. The API is there: /docs\n"),
    );
    return;
  }
  await app.register(async (page) => {
    page.addHook("onRoute", (route) => {
      route.config = { ...route.config, ...config };
      route.schema = { ...route.schema, hide: true };
    });
    await page.register(fastifyStatic, {
      root,
      preCompressed: true,
      wildcard: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header("content-security-policy", PAGE_POLICY);
        reply.header("cache-control", HASHED.test(path) ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  });
}
