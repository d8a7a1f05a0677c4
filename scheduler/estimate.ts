import type { Estimate, EstimateSource } from "../model/estimate.ts";
import type { BuildSample } from "../model/history.ts";
import { BY_CATEGORY, BY_SIZE } from "./categories.ts";
import { DISK_GIANTS, GIANTS } from "./giants.ts";

/** What is known of a package before it is built. */
export interface PackageFacts {
  /** category/name-version */
  cpv: string;
  /** Bytes of its source archives. */
  sourceBytes: number;
  target: string;
}

/** Standard deviation of ln(truth / estimate) without own builds, by what the estimate is made of. */
const SIGMA = { "known-giant": 0.5, category: 0.8, size: 1 } as const;
/** With own builds: that of a single one, and the least that many agreeing ones can give. */
const OWN = { one: 0.5, least: 0.1 };
const EARLIER = { one: 0.6, least: 0.2 };
/** What builds for another target, with other flags, tell less. */
const ELSEWHERE = 0.2;
/** Weight of a sample against the next newer one: drones, compilers and flags change. */
const AGEING = 0.8;

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Source beyond this is data, as it takes one core to unpack. MiB */
const MOST_SERIAL = 200;
/** Core-seconds of parallel work that keep one job busy: what the graphs' packages have. */
const WORK_PER_JOB = 6;
const MOST_WIDTH = 128;
/** Memory where nothing was measured, in MiB in all and for each job: a C++ compiler's, unless the category has no such. */
const CXX_MEMORY = [300, 350] as const;
const LEAN_MEMORY = [200, 100] as const;
const LEAN =
  /^(?:acct-(?:group|user)|app-(?:dicts|doc|emacs|eselect|portage|vim|xemacs)|dev-(?:perl|php|python|ruby|tex|texlive|tcltk)|java-virtuals|media-fonts|perl-core|sec-policy|sys-(?:firmware|kernel)|virtual|x11-(?:proto|themes))$/;
/** Memory is looked at in intervals: the peak may have been between. What was killed for it wanted more, nobody knows how much. */
const PEAK_MARGIN = 1.1;
const KILLED_MARGIN = 1.5;
/** The size of a build root is looked at when Portage takes a step, and now and then. */
const DISK_MARGIN = 1.1;
/** Where it was not measured: what is installed in it, MiB, and the archives unpacked, with objects of what is no data. */
const DISK_FIXED = 256;
const UNPACKED = 5;
const OBJECTS = 5;

/** Phases that use all jobs; the others use one core. */
const PARALLEL_PHASES = ["compile", "test"];
/** Part of `prepareSeconds`. */
const DEPENDENCIES = "dependencies";

/**
 * What a build is expected to cost, from the best that is known: own builds of this version, of other versions, the table of
 * known giants, its category and size, its size alone. Pure: the same facts give the same estimate.
 * @param samples builds of the package, any version, newest first; of those that ran out of memory only that counts. Those for
 *   the same target are preferred.
 */
export function estimate(facts: PackageFacts, samples: readonly BuildSample[] = []): Estimate {
  const prior = withoutHistory(facts);
  const measured = samples.flatMap((sample) => measure(sample, prior) ?? []);
  const same = measured.filter(({ sample }) => sample.cpv === facts.cpv);
  const own = same.length > 0;
  const cost =
    measured.length > 0
      ? fromBuilds(facts, prior, own ? same : measured, own ? "history" : "earlier-version", own ? OWN : EARLIER)
      : prior;
  const peaks = samples.filter(({ peakMemoryBytes }) => peakMemoryBytes !== null);
  const ofVersion = peaks.filter((sample) => sample.cpv === facts.cpv);
  return {
    ...cost,
    ...memoryFrom(prior, ofVersion.length > 0 ? ofVersion : peaks, cost.width),
    diskBytes: diskFrom(samples, facts),
  };
}

/** The largest that was seen of the version, else of others, else what its kind or its size let expect. */
function diskFrom(samples: readonly BuildSample[], { cpv, sourceBytes }: PackageFacts): number {
  const seen = samples.filter(({ peakDiskBytes, buildSeconds }) => peakDiskBytes && buildSeconds !== null);
  const own = seen.filter((sample) => sample.cpv === cpv);
  const peaks = (own.length > 0 ? own : seen).map(({ peakDiskBytes }) => peakDiskBytes ?? 0);
  if (peaks.length > 0) return DISK_MARGIN * Math.max(...peaks);
  const giant = DISK_GIANTS.get(packageName(cpv));
  if (giant !== undefined) return giant * GIB;
  const size = sourceBytes / MIB;
  return (DISK_FIXED + UNPACKED * size + OBJECTS * Math.min(size, MOST_SERIAL)) * MIB;
}

/** category/name of category/name-version. */
export function packageName(cpv: string): string {
  // A version begins with a digit and has no dash but before its revision.
  return /^(.*?)-[0-9][^-]*(?:-r[0-9]+)?$/.exec(cpv)?.[1] ?? cpv;
}

function withoutHistory({ cpv, sourceBytes }: PackageFacts): Estimate {
  const name = packageName(cpv);
  const giant = GIANTS.get(name);
  if (giant) {
    const [work, serial, width, memory, perJob] = giant;
    return { work, serial, width, ...memoryOf(memory, perJob), sigma: SIGMA["known-giant"], source: "known-giant" };
  }
  const category = name.slice(0, name.indexOf("/"));
  const known = BY_CATEGORY[category];
  const source = known ? "category" : "size";
  const [a, b, fixed] = known ?? BY_SIZE;
  const size = sourceBytes / MIB;
  const work = Math.exp(a) * (1 + size) ** b;
  const serial = Math.min(work, fixed + 0.2 * Math.min(size, MOST_SERIAL));
  const [memory, perJob] = LEAN.test(category) ? LEAN_MEMORY : CXX_MEMORY;
  return { work, serial, width: widthOf(work - serial), ...memoryOf(memory, perJob), sigma: SIGMA[source], source };
}

const memoryOf = (memory: number, perJob: number) => ({
  memoryBytes: memory * MIB,
  memoryPerJobBytes: perJob * MIB,
});

function widthOf(parallel: number): number {
  return Math.max(1, Math.min(MOST_WIDTH, Math.round(parallel / WORK_PER_JOB)));
}

/** One build, in the terms of an estimate. */
interface Measured {
  sample: BuildSample;
  work: number;
  serial: number;
  /** Jobs that were seen to be busy at once, on average. */
  busy: number;
}

/** null where a build tells nothing of its cost. */
function measure(sample: BuildSample, prior: Estimate): Measured | null {
  const { jobs } = sample;
  // A core twice as fast does in one second what the reference needs two for.
  const speed = sample.speed ?? 1;
  const scaled = (seconds: number | null): number | null => (seconds === null ? null : seconds * speed);
  const [buildSeconds, prepareSeconds, cpuSeconds] = [
    sample.buildSeconds,
    sample.prepareSeconds,
    sample.cpuSeconds,
  ].map(scaled);
  const { phases } = sample;
  if (buildSeconds === null || buildSeconds === undefined) return null;
  const sum = (some: BuildSample["phases"]): number => some.reduce((total, { seconds }) => total + seconds * speed, 0);
  const wide = sum(phases.filter(({ name }) => PARALLEL_PHASES.includes(name)));
  const installing = sum(phases.filter(({ name }) => name === DEPENDENCIES));
  const alone = phases.length > 0 ? sum(phases) - wide - installing : Math.min(buildSeconds, prior.serial);
  // Beside more urgent builds a phase takes longer than its work: never more than all the processor time of the build.
  const own = Math.min(alone, cpuSeconds ?? alone);
  // Dependencies are fetched and unpacked by one core, whether it computes or waits.
  const serial = own + (prepareSeconds ?? 0);
  const rest = phases.length > 0 ? wide : buildSeconds - own;
  // Without processor time: as many jobs as it was given were busy, if it can use so many.
  const parallel =
    cpuSeconds === null || cpuSeconds === undefined
      ? rest * Math.min(Math.max(1, jobs), prior.width)
      : Math.max(0, cpuSeconds - own - installing);
  return { sample, work: serial + parallel, serial, busy: rest > 0 ? Math.min(jobs, parallel / rest) : 1 };
}

function fromBuilds(
  { target }: PackageFacts,
  prior: Estimate,
  all: readonly Measured[],
  source: EstimateSource,
  { one, least }: typeof OWN,
): Estimate {
  const here = all.filter(({ sample }) => sample.target === target);
  const builds = here.length > 0 ? here : all;
  const elsewhere = here.length > 0 ? 0 : ELSEWHERE;
  const work = weightedMedian(builds.map((each) => each.work));
  // What runs beside a build makes its phases longer and never shorter: the least is nearest to the truth.
  const serial = Math.min(work, ...builds.map((each) => each.serial));
  // The prior's uncertainty counts like one more build that was off by so much.
  const spread = builds.reduce((sum, each) => sum + Math.log(Math.max(1, each.work) / Math.max(1, work)) ** 2, 0);
  const sigma = Math.max(least, Math.sqrt((one ** 2 + spread) / builds.length)) + elsewhere;
  const width = Math.max(prior.width, widthOf(work - serial), ...builds.map(({ busy }) => Math.ceil(busy)));
  return { ...prior, work, serial, width, sigma, source };
}

/** The median of values, newest first, of which each weighs less than the one before. */
function weightedMedian(values: readonly number[]): number {
  const weighted = values.map((value, age) => ({ value, weight: AGEING ** age })).sort((a, b) => a.value - b.value);
  const half = weighted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (const { value, weight } of weighted) {
    below += weight;
    if (below >= half) return value;
  }
  return 0;
}

/** Splits the largest peaks that were seen into a part of the build and a part of each job, in the prior's proportion. */
function memoryFrom(prior: Estimate, peaks: readonly BuildSample[], width: number) {
  const scales = peaks.map(({ peakMemoryBytes, buildSeconds, jobs }) => {
    const usual = prior.memoryBytes + Math.max(1, Math.min(jobs, width)) * prior.memoryPerJobBytes;
    return ((buildSeconds === null ? KILLED_MARGIN : PEAK_MARGIN) * (peakMemoryBytes ?? 0)) / usual;
  });
  // Less than usual only where a build has come to its end with it.
  const least = peaks.some(({ buildSeconds }) => buildSeconds !== null) ? 0 : 1;
  const scale = Math.max(least, ...scales);
  return {
    memoryBytes: Math.round(scale * prior.memoryBytes),
    memoryPerJobBytes: Math.round(scale * prior.memoryPerJobBytes),
  };
}
