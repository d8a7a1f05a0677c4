/** Relative luminance (WCAG 2) that text needs for a contrast of 4.5 on the light, and on the dark, background of logs. */
const DARK_ENOUGH = 0.165;
const LIGHT_ENOUGH = 0.22;

/** A text's colour, 0 to 255 each, as a value of style sheets that is legible on either background. */
export function readable(rgb: readonly number[]): string {
  const linear = rgb.map((part) => toLinear(part / 255));
  const [red = 0, green = 0, blue = 0] = linear;
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  // Luminance is linear: darker by a factor, lighter by a part of white.
  const darker = Math.min(1, DARK_ENOUGH / Math.max(luminance, 1e-6));
  const whiter = Math.max(0, (LIGHT_ENOUGH - luminance) / (1 - luminance));
  const onLight = linear.map((part) => part * darker);
  const onDark = linear.map((part) => part + (1 - part) * whiter);
  return `light-dark(${told(onLight)}, ${told(onDark)})`;
}

const told = (linear: readonly number[]): string =>
  `rgb(${linear.map((part) => Math.round(255 * fromLinear(part))).join(" ")})`;

const toLinear = (part: number): number => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);

const fromLinear = (part: number): number => (part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055);
