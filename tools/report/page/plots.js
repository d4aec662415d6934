// Drawing of a report: elements, plots with Chart.js, and every plot's data as CSV. All text of the
// data is set as text, never as HTML.
'use strict';

const redraws = [];  // what to do when colors change

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'onclick')
      made.addEventListener('click', value);
    else
      made.setAttribute(key, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) made.append(child);
  }
  return made;
}

const color = name =>
    getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const series_color = i => color('series-' + (i % 8 + 1));
const faded = hex => hex + '33';  // 20 % of it

const known = x => x !== null && x !== undefined;
const number = (x, digits = 4) => known(x) ? x.toFixed(digits) : '-';
const percent = (x, digits = 2) => known(x) ? (100 * x).toFixed(digits) + '\u00a0%' : '-';
// As many digits as tell something.
const short = x => {
  if (typeof x !== 'number') return String(x);
  return Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(4)));
};

// A cell that a spreadsheet would take for a formula gets a quote before it.
function csv_text(rows) {
  const cell = value => {
    if (!known(value)) return '';
    if (typeof value === 'number') return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? '\'' + value : String(value);
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  return rows.map(row => row.map(cell).join(',')).join('\n') + '\n';
}

// rows: a function that returns them, the names of columns first.
function csv_button(title, rows) {
  const save = () => {
    const file = new Blob([csv_text(rows())], {type: 'text/csv'});
    const link = element('a', {
      href: URL.createObjectURL(file),
      download: title.replace(/[^A-Za-z0-9_.-]+/g, '_') + '.csv'
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  return element('button', {type: 'button', title: 'save these data', onclick: save}, 'CSV');
}

function table(head, rows, name = '') {
  const cells = (kind, row) => row.map(cell => element(kind, {}, cell));
  return element(
      'div', {class: 'wide'},
      element(
          'table', {class: name}, element('thead', {}, element('tr', {}, cells('th', head))),
          element('tbody', {}, rows.map(row => element('tr', {}, cells('td', row))))));
}

function figure(title, text, rows, ...content) {
  return element(
      'figure', {'data-plot': title},
      element(
          'figcaption', {}, element('b', {}, title), csv_button(title, rows),
          text ? element('p', {}, text) : null),
      content);
}

const axis_of = (label, more = {}) => ({
  title: {display: Boolean(label), text: label, color: color('second')},
  grid: {color: color('grid')},
  ticks: {color: color('second'), maxRotation: 60, ...more.ticks},
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'ticks'))
});

// A plot whose Chart.js configuration is made anew when colors change. config: a function.
function chart_figure(title, text, rows, config) {
  const canvas = element('canvas', {role: 'img', 'aria-label': title});
  let chart = null;
  redraws.push(() => {
    if (chart) chart.destroy();
    const made = config();
    made.options = {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: {mode: 'index', intersect: false},
      ...made.options
    };
    const many = made.data.datasets.filter(d => !d.unnamed).length > 1;
    made.options.plugins = {
      ...made.options.plugins,
      legend: {
        display: many,
        labels: {
          color: color('ink'),
          boxWidth: 12,
          boxHeight: 12,
          filter: (item, data) => !data.datasets[item.datasetIndex].unnamed
        }
      },
      tooltip: {
        filter: item => !item.dataset.unnamed && item.parsed.y !== null,
        ...(made.options.plugins || {}).tooltip
      }
    };
    chart = new Chart(canvas, made);
  });
  return figure(title, text, rows, element('div', {class: 'canvas'}, canvas));
}

// series: [{name, points [[x, y]], low, high (parallel to points, or not there), dashed, color}].
function line_plot(title, text, x, y, series) {
  series = series.map((s, i) => ({color: i, ...s, points: s.points.filter(p => known(p[1]))}))
               .filter(s => s.points.length > 0);
  if (series.length === 0) return null;
  const whole = series.every(s => s.points.every(p => Number.isInteger(p[0])));
  const rows = () => [
      ['series', x, y, ...(series.some(s => s.low) ? ['least', 'most'] : [])],
      ...series.flatMap(
          s => s.points.map((p, i) => [s.name, ...p, ...(s.low ? [s.low[i], s.high[i]] : [])]))];
  return chart_figure(title, text, rows, () => {
    const datasets = [];
    for (const s of series) {
      const own = series_color(s.color);
      const edge = {
        borderWidth: 0,
        pointRadius: 0,
        pointHitRadius: 0,
        unnamed: true,
        backgroundColor: faded(own)
      };
      const at = (p, value) => ({x: p[0], y: value});
      if (s.low) {
        datasets.push(
            {...edge, label: '', data: s.points.map((p, i) => at(p, s.low[i])), fill: '+1'});
        datasets.push(
            {...edge, label: '', data: s.points.map((p, i) => at(p, s.high[i])), fill: false});
      }
      datasets.push({
        label: s.name,
        data: s.points.map(p => at(p, p[1])),
        borderColor: own,
        backgroundColor: own,
        borderWidth: 2,
        borderDash: s.dashed ? [6, 4] : [],
        pointRadius: s.points.length < 3 ? 4 : 0,
        pointHoverRadius: 4,
        tension: 0
      });
    }
    const title_of = items => items.length ? x + ' ' + short(items[0].parsed.x) : '';
    return {
      type: 'line',
      data: {datasets},
      options: {
        scales: {
          x: axis_of(
              x, {type: 'linear', ticks: {maxTicksLimit: 8, ...(whole ? {precision: 0} : {})}}),
          y: axis_of(y)
        },
        plugins: {
          tooltip:
              {callbacks: {title: title_of, label: i => i.dataset.label + ': ' + short(i.parsed.y)}}
        }
      }
    };
  });
}

// groups: [{name, values parallel to labels}]. stacked: on each other; else side by side.
function bar_plot(title, text, labels, y, groups, {stacked = false, from_zero = true} = {}) {
  const rows = () => [
      ['', ...groups.map(g => g.name)],
      ...labels.map((label, i) => [label, ...groups.map(g => g.values[i])])];
  return chart_figure(
      title, text, rows,
      () => ({
        type: 'bar',
        data: {
          labels,
          datasets: groups.map((g, i) => ({
                                 label: g.name,
                                 data: g.values,
                                 backgroundColor: series_color(g.color ?? i),
                                 borderColor: color('surface'),
                                 borderWidth: stacked ? 1 : 0,
                                 borderRadius: stacked ? 0 : 2,
                                 maxBarThickness: 28
                               }))
        },
        options: {
          scales: {
            x: axis_of(
                '', {stacked, grid: {display: false}, ticks: {autoSkip: false, font: {size: 11}}}),
            y: axis_of(y, {stacked, beginAtZero: from_zero})
          },
          plugins: {tooltip: {callbacks: {label: i => i.dataset.label + ': ' + short(i.parsed.y)}}}
        }
      }));
}

// series: [{name, points [[x, y, what]], shape}], a mark each.
function scatter_plot(title, text, x, y, series) {
  series = series
               .map(
                   (s, i) =>
                       ({color: i, ...s, points: s.points.filter(p => known(p[0]) && known(p[1]))}))
               .filter(s => s.points.length > 0);
  if (series.length === 0) return null;
  const rows =
      () => [['series', x, y], ...series.flatMap(s => s.points.map(p => [s.name, p[0], p[1]]))];
  return chart_figure(
      title, text, rows,
      () => ({
        type: 'scatter',
        data: {
          datasets: series.map(s => ({
                                 label: s.name,
                                 data: s.points.map(p => ({x: p[0], y: p[1]})),
                                 backgroundColor: series_color(s.color),
                                 borderColor: color('surface'),
                                 borderWidth: 1,
                                 pointStyle: s.shape || 'circle',
                                 pointRadius: 6,
                                 pointHoverRadius: 8
                               }))
        },
        options: {
          interaction: {mode: 'nearest', intersect: true},
          scales: {x: axis_of(x, {type: 'linear'}), y: axis_of(y)},
          plugins: {
            tooltip: {
              callbacks: {
                label: i => i.dataset.label + ': ' + short(i.parsed.x) + ', ' + short(i.parsed.y)
              }
            }
          }
        }
      }));
}

const bytes_of = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

function picture(pixels, [h, w, c], name) {
  const canvas = element(
      'canvas',
      {width: w, height: h, class: 'picture', title: name, role: 'img', 'aria-label': name});
  const x = bytes_of(pixels), image = new ImageData(w, h);
  for (let i = 0; i < h * w; ++i) {
    for (let k = 0; k < 3; ++k) image.data[4 * i + k] = x[i * c + (c === 1 ? 0 : k)];
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
}

// A map of bytes, from the color map-0 to map-1.
function heat_map(map, h, w, name) {
  const canvas = element(
      'canvas',
      {width: w, height: h, class: 'picture', title: name, role: 'img', 'aria-label': name});
  const x = bytes_of(map);
  redraws.push(() => {
    const [low, high] = ['map-0', 'map-1'].map(end => color(end).split(' ').map(Number));
    const image = new ImageData(w, h);
    for (let i = 0; i < h * w; ++i) {
      for (let k = 0; k < 3; ++k) image.data[4 * i + k] = low[k] + (high[k] - low[k]) * x[i] / 255;
      image.data[4 * i + 3] = 255;
    }
    canvas.getContext('2d').putImageData(image, 0, 0);
  });
  return canvas;
}

const redraw = () => redraws.forEach(draw => draw());
