import fastify, { type FastifyError, type FastifyReply } from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { Api } from "./api.ts";
import { registerAuth } from "./auth.ts";
import { registerBodies } from "./bodies.ts";
import { refusalOf } from "./errors.ts";
import { MAX_BODY, MAX_CONNECTIONS, MAX_PARAM, registerLimits } from "./limits.ts";
import { registerMethods } from "./methods.ts";
import { registerDocumentation } from "./openapi.ts";
import { registerPage } from "./page.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { droneRoutes } from "./routes/drones.ts";
import { historyRoutes } from "./routes/history.ts";
import { hookRoutes } from "./routes/hooks.ts";
import { legacyRoutes } from "./routes/legacy.ts";
import { logSearchRoute } from "./routes/logSearch.ts";
import { logRoutes } from "./routes/logs.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { operateRoutes } from "./routes/operate.ts";
import { pictureRoutes } from "./routes/pictures.ts";
import { resetRoute } from "./routes/reset.ts";
import { runRoutes } from "./routes/runs.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { snapshotRoutes } from "./routes/snapshots.ts";
import { stateRoutes } from "./routes/state.ts";
import { targetRoutes } from "./routes/targets.ts";
import { registerSecurityHeaders } from "./securityHeaders.ts";
import type { Services } from "./services.ts";
import { Shared } from "./shared.ts";
import { registerSlowAnswers } from "./slowAnswers.ts";
import type { TokenBook } from "./tokens.ts";

/** The routes below /api/v1, by topic. */
const TOPICS = [
  stateRoutes,
  runRoutes,
  pictureRoutes,
  operateRoutes,
  resetRoute,
  droneRoutes,
  snapshotRoutes,
  historyRoutes,
  targetRoutes,
  logRoutes,
  logSearchRoute,
  alertRoutes,
  scheduleRoutes,
  hookRoutes,
];

/** The gateway's HTTP. Not yet listening. Every refusal is `{ error, hint? }`. */
export async function createGateway(services: Services, book: TokenBook): Promise<Api> {
  const { config, limits, log } = services;
  const { trustedProxies } = config.gateway;
  const app: Api = fastify({
    bodyLimit: MAX_BODY,
    requestTimeout: limits.requestWithinMs,
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: limits.idleMs,
    http: {
      headersTimeout: limits.headWithinMs,
      connectionsCheckingInterval: limits.checkConnectionsMs,
      // Refused by methods.ts, in words: Node's own answer has none.
      requireHostHeader: false,
    },
    // Of all others what they say of whom they ask for is not believed.
    trustProxy: trustedProxies.length > 0 && trustedProxies,
    routerOptions: { maxParamLength: MAX_PARAM },
    forceCloseConnections: true,
    clientErrorHandler: (error, socket) => {
      // What is no HTTP at all is told so, once.
      if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
      const [status, text] =
        error.code === "ERR_HTTP_REQUEST_TIMEOUT"
          ? ["408 Request Timeout", "the request took too long"]
          : error.code === "HPE_HEADER_OVERFLOW"
            ? ["431 Request Header Fields Too Large", "the head of the request is too large"]
            : ["400 Bad Request", "this is no HTTP request"];
      const body = JSON.stringify({ error: text, hint: "See /docs for what is taken here." });
      const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
      socket.end(head + body);
    },
    frameworkErrors: (error, _request, reply) => {
      const { status, ...said } = refusalOf(error, null);
      void (reply as unknown as FastifyReply).code(status).send(said);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxConnections = MAX_CONNECTIONS;
  // Nothing here takes a text: it would only be told that it is no object.
  app.removeContentTypeParser("text/plain");
  app.setValidatorCompiler(validatorCompiler);
  // What is answered is ours: the schemas of answers are for whoever reads the documentation, and the types hold us to them.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { status, isDefect, hint, error: text } = refusalOf(error, services.watchers.stale, request.params);
    if (isDefect) log(`${request.method} ${request.url.slice(0, 300)}: ${error.stack ?? String(error)}`);
    const retryAfter = "retryAfter" in error && error.retryAfter;
    if (retryAfter) reply.header("retry-after", retryAfter);
    return reply.code(status).send({ error: text, ...(hint === null ? {} : { hint }) } as never);
  });
  registerSecurityHeaders(app);
  registerSlowAnswers(app, services.slow);
  const methods = registerMethods(app);
  registerAuth(app, book, await registerLimits(app), config.gateway);
  methods.refuseUnknown();
  registerBodies(app, limits);
  app.decorate("shared", new Shared());
  app.addHook("onSend", async ({ method }, { statusCode }) => {
    if (method !== "GET" && method !== "HEAD" && statusCode < 400) app.shared.forget();
  });
  await registerDocumentation(app, services.version);
  app.get("/healthz", { config: { demand: "open", cost: "memory" }, schema: { hide: true } }, () => ({
    ...{ name: config.swarm.name, role: "gateway", ok: true, version: services.version },
  }));
  await app.register(
    async (api) => {
      for (const register of TOPICS) await register(api.withTypeProvider<ZodTypeProvider>(), services);
    },
    { prefix: "/api/v1" },
  );
  await legacyRoutes(app, services);
  await metricsRoute(app, services);
  await registerPage(app);
  methods.refuseOthers();
  return app;
}
