import { readdirSync } from "node:fs";
import { Counter, Gauge, Registry } from "prom-client";
import type { RoleHealth } from "../model/health.ts";

/** A registry with what every role tells: who it is, and the few things of its process that alerts and capacity need. */
export function roleRegistry({
  role,
  name,
  version,
}: Pick<RoleHealth, "name" | "version"> & { role: string }): Registry {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ["role", "name", "version"] as const;
  new Gauge({ name: "swarm_role_info", help: "Which role this process has; always 1.", labelNames, registers }).set(
    { role, name, version },
    1,
  );
  const gauge = (metric: string, help: string, value: () => number): void => {
    new Gauge({
      ...{ name: metric, help, registers },
      collect() {
        this.set(value());
      },
    });
  };
  const started = Date.now() / 1000 - process.uptime();
  gauge("process_start_time_seconds", "When the process began.", () => started);
  gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  new Counter({
    ...{ name: "process_cpu_seconds_total", help: "Processor time used.", registers },
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  gauge("process_open_fds", "Open file descriptors.", () => readdirSync("/proc/self/fd").length);
  gauge("nodejs_heap_used_bytes", "JavaScript heap in use, of the main thread.", () => process.memoryUsage().heapUsed);
  return registry;
}
