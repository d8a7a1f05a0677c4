/** How far a box is scrolled that has something of its content in its middle. pixels */
export function middleOf(box: Element, part: Element): number {
  const { top, height } = part.getBoundingClientRect();
  return box.scrollTop + top - box.getBoundingClientRect().top - (box.clientHeight - height) / 2;
}
