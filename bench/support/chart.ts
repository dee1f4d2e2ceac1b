import { init, use } from 'echarts/core';
import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
import type { Ratio } from './statistics.ts';

use([BarChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

/** Colours that can be told apart in grey and by colour-blind people (https://jfly.uni-koeln.de/color/). */
const COLOURS = ['#E69F00', '#999999', '#0072B2'];

/** A chart of ratios to plain Directus, as SVG: a group of bars for each kind of request. */
export function drawRatios(ratios: Record<string, Record<string, Ratio>>): string {
  const kinds = Object.keys(ratios).reverse();
  const labels = Object.keys(Object.values(ratios)[0] ?? {});
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 110 + kinds.length * 52 });

  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: {
      left: 16,
      text: 'Time of a request beside plain Directus',
      subtext: 'median; 1 is Directus without the bundle, with the rows of that tenant alone',
    },
    legend: { data: labels, top: 8, right: 16, itemGap: 32 },
    grid: { left: 200, right: 40, top: 80, bottom: 30 },
    xAxis: { type: 'value', min: 0, interval: 0.25 },
    yAxis: { type: 'category', data: kinds },
    series: labels.map((label, index) => ({
      name: label,
      type: 'bar',
      barGap: '10%',
      itemStyle: { color: COLOURS[index % COLOURS.length] },
      label: {
        show: true,
        position: 'right',
        formatter: ({ value }: { value: unknown }) => Number(value).toFixed(2),
      },
      data: kinds.map((kind) => ratios[kind]?.[label]?.median ?? null),
      ...(index === 0 && {
        markLine: {
          symbol: 'none',
          silent: true,
          label: { show: false },
          lineStyle: { color: '#000000', type: 'solid' },
          data: [{ xAxis: 1 }],
        },
      }),
    })),
  });

  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
