// The page's own colours and type, for charts.
const NAMES = { accent: "--accent", deep: "--accent-deep", soft: "--accent-soft", ink: "--ink", faint: "--ink-2", line: "--line", paper: "--paper" };

export function readColours() {
  const styles = getComputedStyle(document.documentElement);
  const colours = Object.entries(NAMES).map(([name, variable]) => [name, styles.getPropertyValue(variable).trim()]);
  return { ...Object.fromEntries(colours), font: getComputedStyle(document.body).fontFamily };
}
