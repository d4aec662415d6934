// Parts of a report about networks: staircases, energy, and what they make of pictures.
'use strict';

const staircase_text = f => known(f.t1) ?
    f.kind + ': ' + ['t1', 'v1', 't2', 'v2'].map(key => key + ' ' + f[key]).join(', ') :
    '8 bits';

// The teacher's codes of a tap, as often as they occur, and the staircase over them.
function staircase_plot(tap, f, notes) {
  const level = x => known(f.t1) ? (x > f.t1) + (x > f.t2) : 2;
  const step = x => known(f.t1) ? [0, f.v1, f.v2][level(x)] : x;
  const codes = tap.histogram.map((_, x) => x);
  const rows =
      () => [['code', 'count', 'student'], ...codes.map(x => [x, tap.histogram[x], step(x)])];
  return chart_figure(
      tap.name, staircase_text(f) + notes, rows,
      () => ({
        data: {
          labels: codes,
          datasets: [
            {
              type: 'line',
              label: 'staircase',
              data: codes.map(step),
              yAxisID: 'levels',
              stepped: 'middle',
              borderColor: color('ink'),
              borderWidth: 1.5,
              pointRadius: 0,
              unnamed: true
            },
            {
              type: 'bar',
              label: 'count',
              data: tap.histogram.map(n => n || null),
              barPercentage: 1,
              categoryPercentage: 1,
              unnamed: true,
              backgroundColor: codes.map(
                  x => known(f.t1) ? [color('muted'), series_color(0), series_color(1)][level(x)] :
                                     color('muted'))
            }
          ]
        },
        options: {
          scales: {
            x: axis_of('', {grid: {display: false}, ticks: {maxTicksLimit: 6, maxRotation: 0}}),
            y: axis_of('', {
              type: 'logarithmic',
              min: 0.5,
              ticks: {maxTicksLimit: 4, callback: v => Number(v).toExponential(0)}
            }),
            levels: {
              ...axis_of(''),
              position: 'right',
              min: 0,
              max: 256,
              grid: {display: false},
              ticks: {color: color('second'), stepSize: 64}
            }
          },
          plugins: {
            tooltip: {
              filter: () => true,
              callbacks: {
                title: items => items.length ? 'code ' + items[0].label : '',
                label: i => i.dataset.label + ': ' + short(i.parsed.y)
              }
            }
          }
        }
      }));
}

const student_of = n => n.role === 'fine-tuned' ? 'fine-tuned student' : n.role;

function staircases(run) {
  const parts = [];
  const students = (run.networks || []).filter(n => n.taps.length > 0);
  const selected = run.result && run.result.selected;
  const shapes = students.length ? students[0].taps : selected ? selected.layers : [];
  if (run.taps) {
    const share = (n, tap) => {
      const levels = n.taps[tap].levels.map(l => percent(l.share, 1) + ' are ' + l.value);
      return ' · of the ' + n.role + ' ' + levels.join(', ');
    };
    const own = run.taps.map(
        (tap, i) => staircase_plot(tap, shapes[i], students.map(n => share(n, i)).join('')));
    parts.push(element(
        'p', {class: 'quiet'},
        'Bars: how often each 8-bit code occurs in the ' +
            (run.result.equalized ? 'equalized ' : '') +
            'teacher (left, logarithmic), colored by the level that it becomes. ' +
            'Line: the staircase (right). Fine-tuning keeps staircases and moves what reaches them: the shares of levels show by how much.'));
    parts.push(element('div', {class: 'plots small'}, own));
  } else if (shapes.length) {
    parts.push(table(
        ['layer', 'kind', 't1', 'v1', 't2', 'v2'],
        shapes.map(
            f =>
                [f.name, f.kind,
                 ...['t1', 'v1', 't2', 'v2'].map(key => known(f[key]) ? String(f[key]) : '-')])));
  }
  const plots = [];
  if (students.length) {
    const zeros =
        students.map(n => ({
                       name: n.role,
                       values: n.taps.map(t => t.levels.length ? 100 * t.levels[0].share : null)
                     }));
    plots.push(bar_plot(
        'Zeros by layer', 'Share of each layer\'s outputs that are 0.',
        students[0].taps.map(t => t.name), '%', zeros));
  }
  if (run.taps && run.taps.some(t => known(t.agreement))) {
    const alone = run.taps.filter(t => known(t.agreement));
    plots.push(bar_plot(
        'What each layer loses alone',
        'Pictures whose class changes when only this layer has its staircase, all others their 8 bits.',
        alone.map(t => t.name), '% of pictures',
        [{name: 'changed', values: alone.map(t => 100 * (1 - t.agreement)), color: 5}]));
    plots.push(bar_plot(
        'KL of each layer alone', 'The same students\' KL to the teacher.', alone.map(t => t.name),
        'nats', [{name: 'KL', values: alone.map(t => t.kl), color: 4}]));
  }
  if (plots.length) parts.push(element('div', {class: 'plots'}, plots));
  return section('Staircases', parts);
}

function front(run) {
  const r = run.result;
  if (!r) return null;
  const points = list => list.filter(p => p);
  const accurate = known(r.teacher.accuracy);
  const y = accurate ? 'accuracy, %' : 'agreement, %';
  const of = p =>
      [p.energy,
       known(p[accurate ? 'accuracy' : 'agreement']) ?
           100 * p[accurate ? 'accuracy' : 'agreement'] :
           null];
  const tested = [
    {
      name: 'teacher',
      points: r.energy ? [[r.energy.teacher, accurate ? 100 * r.teacher.accuracy : 100]] : [],
      shape: 'rectRot'
    },
    {name: 'start', points: points([r.start]).map(of), shape: 'triangle'},
    {name: 'candidates', points: r.candidates.map(of)},
    {name: 'selected', points: points([r.selected]).map(of), shape: 'star', color: 5},
    ...run.trainings.filter(t => t.report)
        .map((t, i) => ({name: t.name, points: [of(t.report.finetuned)], color: 6 + i}))
  ];
  if (tested[3].points.length) tested[3].shape = 'rect';
  const held_out = r.energy ?
      [
        {name: 'front', points: r.front.map(p => [p.energy, 100 * p.agreement])},
        {name: 'teacher', points: [[r.energy.teacher, 100]], shape: 'rectRot'}
      ] :
      [];
  const own = [
    scatter_plot(
        'Test set: ' + (accurate ? 'accuracy' : 'agreement') + ' over energy', '',
        'energy, uJ a picture', y, tested),
    scatter_plot(
        'Held-out pictures: those that no other one beats',
        'Agreement with the teacher over energy.', 'energy, uJ a picture', 'agreement, %', held_out)
  ];
  return section('Accuracy over energy', [element('div', {class: 'plots'}, own.filter(Boolean))]);
}

function energy(run) {
  const parts = [];
  const r = run.result, networks = run.networks || [];
  if (r && r.energy)
    parts.push(bar_plot(
        'Energy by layer', 'As result.json tells it.', r.energy.layers.map(l => l.name),
        'uJ a picture',
        ['teacher', 'student'].map(
            key => ({name: key, values: r.energy.layers.map(l => l[key])}))));
  if (networks.length) {
    const kinds = networks[0].energy.kinds;
    parts.push(bar_plot(
        'Energy by kind of event', '', networks.map(n => n.role), 'uJ a picture',
        kinds.map((kind, k) => ({
                    name: kind,
                    values: networks.map(n => n.energy.values.reduce((sum, row) => sum + row[k], 0))
                  })),
        {stacked: true}));
    for (const n of networks)
      parts.push(bar_plot(
          'Energy of the ' + student_of(n) + ' by layer and kind', '', n.energy.layers,
          'uJ a picture',
          kinds.map((kind, k) => ({name: kind, values: n.energy.values.map(row => row[k])})),
          {stacked: true}));
  }
  return section('Energy', parts.length ? [element('div', {class: 'plots'}, parts)] : []);
}

function attention(run) {
  const a = run.attention;
  if (!a) return null;
  const roles = run.networks.map(n => n.role), classes = run.pictures.classes;
  const name = (p, i) => known(p.label) ? classes[p.label] : 'picture ' + i;
  const rows = () => [
      ['picture', 'layer', 'network', 'row', 'column', 'value'],
      ...a.pictures.flatMap(
          (p, i) => a.layers.flatMap(
              (l, k) => roles.flatMap(
                  (role, s) => Array.from(
                      bytes_of(p.maps[k][s]),
                      (v, at) => [i, l.name, role, Math.floor(at / l.w), at % l.w, v]))))];
  const cards = a.pictures.map(
      (p, i) => element(
          'div', {class: 'card'},
          element(
              'div', {class: 'maps'},
              element('span', {}, picture(p.pixels, run.pictures.shape, name(p, i)), name(p, i)),
              a.layers.map(
                  (l, k) => element(
                      'span', {},
                      element(
                          'div', {},
                          roles.map(
                              (role, s) => heat_map(
                                  p.maps[k][s], l.h, l.w,
                                  l.name + ' of the ' + role + ', ' + name(p, i)))),
                      l.name)))));
  return section('Attention', [
    element(
        'p', {class: 'quiet'},
        'Where each network looks: sums of squares over channels at the layers that the reward compares, ' +
            'in each group ' + roles.join(', ') + '. Brightness is scaled map by map. '),
    csv_button('attention', rows), element('div', {class: 'cards'}, cards)
  ]);
}

function disagreements(run) {
  const d = run.disagreements;
  if (!d) return null;
  const classes = run.pictures.classes, roles = run.networks.map(n => n.role);
  const label = p => known(p.label) ? classes[p.label] : '-';
  const rows = () => [
      ['number', 'label', ...roles.flatMap(role => [role, role + ' probability'])],
      ...d.pictures.map(
          p => [p.number, label(p), ...p.answers.flatMap(a => [classes[a.class], a.probability])])];
  const cards = d.pictures.map(
      p => element(
          'div', {class: 'card answer'},
          picture(p.pixels, run.pictures.shape, 'test picture ' + p.number),
          element(
              'dl', {},
              known(p.label) ? [element('dt', {}, 'label'), element('dd', {}, label(p))] : [],
              p.answers.map(
                  (a, s) =>
                      [element('dt', {}, roles[s]),
                       element(
                           'dd', {},
                           (a.class === p.label ? '✓ ' : '') + classes[a.class] + ', ' +
                               percent(a.probability, 0))]))));
  return section('Pictures on which they differ', [
    element(
        'p', {class: 'quiet'},
        'The ' + student_of(run.networks[roles.length - 1]) + ' and the teacher differ on ' +
            d.count + ' of ' + d.of + ' pictures; the first ' + d.pictures.length + ': '),
    csv_button('disagreements', rows), element('div', {class: 'cards answers'}, cards)
  ]);
}

const kMostConfusion = 25;  // classes whose matrix is shown whole

function confusion_table(matrix, classes, role) {
  const cell = (row, i, j) => {
    const all = row.reduce((sum, n) => sum + n, 0), share = all ? row[j] / all : 0;
    const td = element(
        'td', {title: classes[i] + ' taken for ' + classes[j] + ': ' + row[j] + ' of ' + all},
        row[j] ? String(row[j]) : '');
    const shade = Math.round(100 * Math.sqrt(share));
    td.style.background = 'color-mix(in srgb, var(--series-' + (i === j ? 1 : 6) + ') ' +
        Math.round(shade * 0.6) + '%, transparent)';
    return td;
  };
  return element(
      'div', {class: 'wide'},
      element(
          'table', {class: 'confusion'},
          element(
              'thead', {},
              element('tr', {}, element('td', {}, role), classes.map(c => element('th', {}, c)))),
          element(
              'tbody', {},
              matrix.map(
                  (row, i) => element(
                      'tr', {}, element('th', {}, classes[i]),
                      row.map((_, j) => cell(row, i, j)))))));
}

// Of many classes the pairs that are taken for each other most.
function confused_pairs(matrix, classes) {
  const pairs =
      matrix.flatMap((row, i) => row.map((n, j) => [n, i, j])).filter(([n, i,
                                                                        j]) => i !== j && n > 0);
  pairs.sort((a, b) => b[0] - a[0]);
  return table(
      ['label', 'taken for', 'pictures'],
      pairs.slice(0, kMostConfusion).map(([n, i, j]) => [classes[i], classes[j], String(n)]));
}

function confusion(run) {
  const labeled = (run.networks || []).filter(n => n.confusion);
  if (!labeled.length) return null;
  const classes = run.pictures.classes;
  const show = classes.length <= kMostConfusion ? confusion_table : confused_pairs;
  return section('Confusion', [
    element(
        'p', {class: 'quiet'},
        'Rows are labels, columns answers, over ' + run.pictures.count + ' test pictures.'),
    element(
        'div', {class: 'plots'},
        labeled.map(
            n => figure(
                n.role, 'accuracy ' + percent(n.accuracy),
                () => [['label', ...classes], ...n.confusion.map((row, i) => [classes[i], ...row])],
                show(n.confusion, classes, n.role))))
  ]);
}
