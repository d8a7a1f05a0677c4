import { expect, test } from "vitest";
import { Exposition } from "../../telemetry/exposition.ts";

const merged = (...texts: [text: string, labels?: Record<string, string>][]): string => {
  const exposition = new Exposition();
  for (const [text, labels] of texts) exposition.add(text, labels);
  return exposition.toString();
};

test("what several processes say of one metric stands together below one # TYPE, with their labels", () => {
  const text = (value: number): string =>
    `# HELP a_total Things.\n# TYPE a_total counter\na_total ${value}\n# TYPE b gauge\nb{x="1"} ${value}\n`;
  expect(merged([text(1), { role: "drone" }], [text(2), { role: "binhost" }])).toBe(
    [
      "# HELP a_total Things.",
      "# TYPE a_total counter",
      'a_total{role="drone"} 1',
      'a_total{role="binhost"} 2',
      "# TYPE b gauge",
      'b{x="1",role="drone"} 1',
      'b{x="1",role="binhost"} 2',
      "",
    ].join("\n"),
  );
});

test("a histogram's parts stay below its name, a metric that is merely called like one does not", () => {
  const histogram = '# TYPE h_seconds histogram\nh_seconds_bucket{le="+Inf"} 1\nh_seconds_sum 2\nh_seconds_count 1\n';
  const other = "# TYPE my_count gauge\nmy_count 3\n";
  expect(merged([histogram + other], [histogram])).toBe(
    [
      "# TYPE h_seconds histogram",
      'h_seconds_bucket{le="+Inf"} 1',
      "h_seconds_sum 2",
      "h_seconds_count 1",
      'h_seconds_bucket{le="+Inf"} 1',
      "h_seconds_sum 2",
      "h_seconds_count 1",
      "# TYPE my_count gauge",
      "my_count 3",
      "",
    ].join("\n"),
  );
});

test.each([
  ['a{role="own"} 1', 'a{role="own",instance="h:1"} 1'],
  ['a{the_role="x"} 1', 'a{the_role="x",instance="h:1",role="drone"} 1'],
  ['a{x="}{,role=\\"",} 1 1700000000', 'a{x="}{,role=\\"",instance="h:1",role="drone"} 1 1700000000'],
  ["a{} NaN", 'a{instance="h:1",role="drone"} NaN'],
])("%s gets the labels that it does not have", (line, expected) => {
  expect(merged([`${line}\n`, { instance: "h:1", role: "drone" }])).toBe(`${expected}\n`);
});

test("values of labels are escaped", () => {
  expect(merged(["a 1", { instance: 'a"b\\c\nd' }])).toBe('a{instance="a\\"b\\\\c\\nd"} 1\n');
});

test("a metric of another type than the first of its name is left out, as is what is none of the format", () => {
  const html = "<html>\n<body>502 Bad Gateway</body>\n";
  expect(merged(["# TYPE a gauge\na 1\n"], ["# TYPE a counter\na 2\n"], [html], ["\u0000{ a 1\n"])).toBe(
    "# TYPE a gauge\na 1\n",
  );
});
