import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { PAGE_POLICY } from "./securityHeaders.ts";

const DOCS_POLICY = `${PAGE_POLICY}; object-src 'none'`;
const ABOUT = `What people and programs see and do of a Build Swarm. Reading needs a viewer's token (unless the gateway is open to all), acting an operator's: \`swarm token add NAME --role ROLE\`. Every refusal is \`{ error, hint }\`.`;

declare module "fastify" {
  interface FastifyContextConfig {
    /** By content type, what a body is that the route reads itself: for its documentation. */
    takes?: Record<string, z.ZodType>;
  }
}

/** The description of the API, made of the routes' schemas, and a page to try it. Before any route. */
export async function registerDocumentation(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Build Swarm", description: ABOUT, version },
      servers: [],
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      tags: [
        { name: "look", description: "How things are, once and live." },
        { name: "runs", description: "Runs, their packages and what happened." },
        { name: "act", description: "What operators do." },
        { name: "drones", description: "The machines that build." },
        { name: "packages", description: "What was published." },
        { name: "logs", description: "Build logs, of the present and the past." },
        { name: "history", description: "What builds took." },
        { name: "schedules", description: "What starts runs by itself." },
        { name: "targets", description: "What is built for." },
      ],
    },
    transform: (given) => {
      const made = jsonSchemaTransform(given);
      const { demand = "act", takes } = given.route.config ?? {};
      if (takes) made.schema.body = { content: mapped(takes) };
      if (demand !== "open" && demand !== "signed") made.schema.security = [{ token: [] }];
      return made;
    },
    transformObject: (given) => withOptionalBodies(jsonSchemaTransformObject(given)),
  });
  app.get("/api/v1/openapi.json", { config: { demand: "open" }, schema: { hide: true } }, () => app.swagger());
  await app.register(async (docs) => {
    docs.addHook("onRoute", (route) => {
      route.config = { ...route.config, demand: "open" };
      route.schema = { ...route.schema, hide: true };
    });
    await docs.register(swaggerUi, {
      routePrefix: "/docs",
      staticCSP: true,
      // The plugin's own would ask others for styles and pictures, and want TLS where there is none.
      transformStaticCSP: () => DOCS_POLICY,
      // Without the bar at the top: its picture brings a style of its own, which the policy refuses.
      uiConfig: { layout: "BaseLayout", deepLinking: true, persistAuthorization: false },
    });
  });
}

function mapped(takes: Record<string, z.ZodType>): Record<string, { schema: object }> {
  const entries = Object.entries(takes).map(([type, schema]) => {
    const { $schema: _, ...own } = z.toJSONSchema(schema, { io: "input" });
    return [type, { schema: own }] as const;
  });
  return Object.fromEntries(entries);
}

interface Described {
  requestBody?: { required?: boolean; content?: Record<string, { schema?: { anyOf?: { type?: string }[] } }> };
}

/** A body that may be null may be left out. */
function withOptionalBodies<T extends { paths?: object }>(document: T): T {
  for (const path of Object.values(document.paths ?? {})) {
    for (const { requestBody } of Object.values(path as Record<string, Described>)) {
      const kinds = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => schema?.anyOf ?? []);
      if (requestBody && kinds.some(({ type }) => type === "null")) requestBody.required = false;
    }
  }
  return document;
}
