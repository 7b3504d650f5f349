// Chooses columns and size so that the wall fills its screen, whatever its shape.

const LEAST = 10; // px; what is smaller is not read: the page scrolls instead
const PHONE = 700; // px; a narrower screen scrolls
const PHONE_SIZE = 16; // px
const STEP = 0.5; // px

/** Fits *root*, whose sections have as many tiles; all sizes of the style sheet are in rem. */
export function fit(root, tiles) {
  const style = document.documentElement.style;
  if (innerWidth < PHONE) {
    lay(root, 2, false);
    style.fontSize = `${PHONE_SIZE}px`;
    return;
  }
  let best = { size: 0, columns: tiles, isWide: true };
  for (const layout of layouts(tiles)) {
    lay(root, layout.columns, layout.isWide);
    const size = largest(root, style);
    if (size > best.size) best = { size, columns: layout.columns, isWide: layout.isWide };
  }
  lay(root, best.columns, best.isWide);
  style.fontSize = `${best.size}px`;
}

/** Whether what is drawn is larger than the screen. */
export function isOver(root) {
  if (document.documentElement.scrollHeight > innerHeight + 1) return true;
  if (document.documentElement.scrollWidth > innerWidth + 1) return true;
  const kept = root.querySelectorAll(".number, .name, .team-name, .verdict, .cell");
  return Array.from(kept).some((element) => element.scrollWidth > element.clientWidth + 1);
}

function layouts(tiles) {
  const found = [{ columns: tiles, isWide: true }];
  for (let columns = 2; columns <= Math.min(3, tiles); columns += 1) {
    if (innerHeight > innerWidth) found.push({ columns, isWide: false });
  }
  return innerHeight > innerWidth ? found.slice(1) : found;
}

function lay(root, columns, isWide) {
  root.style.setProperty("--columns", String(columns));
  document.body.classList.toggle("wide", isWide);
}

function largest(root, style) {
  let low = LEAST;
  let high = Math.max(LEAST, innerHeight / 12);
  while (high - low > STEP) {
    const size = (low + high) / 2;
    style.fontSize = `${size}px`;
    if (isOver(root)) high = size;
    else low = size;
  }
  return low;
}
