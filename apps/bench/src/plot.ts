export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The value as it is written at the bar's end. */
  readonly text: string;
}

const [width, labelWidth, textWidth, rowHeight, top] = [720, 200, 90, 26, 40];

/** A chart of horizontal bars as SVG, legible on light and dark pages. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const room = width - labelWidth - textWidth;
  const height = top + bars.length * rowHeight + 8;
  const rows = bars.map(({ label, value, text }, at) => {
    const y = top + at * rowHeight;
    const long = Math.max(1, (value / most) * room);
    return [
      `<text x="${labelWidth - 8}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${labelWidth}" y="${y + 3}" width="${long.toFixed(1)}" height="16" rx="2" fill="#4477aa"/>`,
      `<text x="${(labelWidth + long + 6).toFixed(1)}" y="${y + 15}">${escaped(text)}</text>`,
    ].join('\n  ');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#777777">
  <text x="8" y="22" font-size="15" font-weight="600">${escaped(title)}</text>
  ${rows.join('\n  ')}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
