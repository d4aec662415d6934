// A report from its data: what was found, by which commands, its curves, and several runs beside
// each other.
'use strict';

const section = (title, parts) => parts && parts.filter(Boolean).length ?
    element('section', {}, element('h2', {}, title), parts) :
    null;

const column = (log, name) => {
  const at = log.columns.indexOf(name);
  return log.rows.map(row => at < 0 ? null : row[at]);
};
const points = (log, x, y, scale = 1) => {
  const ys = column(log, y);
  return column(log, x).map(
      (value, i) => [value, typeof ys[i] === 'number' ? scale * ys[i] : null]);
};

const interval_text = i => i ? '95 % interval ' + percent(i[0]) + ' to ' + percent(i[1]) : '';
const bytes_text = n => n > 2e6 ? (n / 1e6).toFixed(1) + ' MB' : (n / 1e3).toFixed(1) + ' kB';
const tile = (title, value, more = '') => element(
    'div', {class: 'tile'}, element('span', {}, title), element('b', {}, value),
    element('span', {}, more));
const size_of = (run, end) => (run.files.find(f => f.file.endsWith(end)) || {}).bytes;

// What a network is worth, of a run without a search too.
const network = (run, role) => (run.networks || []).find(n => n.role === role);
const last_fine = run => run.trainings.filter(t => t.report).pop();

// The numbers of a run, as far as it has them.
function headline(run) {
  const r = run.result, fine = last_fine(run);
  const report = r && r.selected ? r.selected : fine ? fine.report.start : null;
  const teacher = network(run, 'teacher'), student = network(run, 'student');
  return {
    net: r                   ? r.net :
        fine                 ? fine.report.net :
        run.trainings.length ? run.trainings[0].name :
                               '',
    teacher: r  ? r.teacher.accuracy :
        teacher ? teacher.accuracy :
                  null,
    teacher_interval: run.intervals.teacher || (teacher && teacher.interval),
    student: report ? report.accuracy : null,
    student_interval: run.intervals.student || (student && student.interval),
    agreement: report ? report.agreement : null,
    zeros: report ? report.zero_share : null,
    energy: report ? report.energy : null,
    teacher_energy: r && r.energy ? r.energy.teacher :
        fine                      ? fine.report.teacher.energy :
                                    null,
    fine: fine ? fine.report.finetuned : null,
    fine_teacher: fine ? fine.report.teacher.accuracy : null  // on the same pictures
  };
}

function tiles(run) {
  const h = headline(run), made = [];
  if (known(h.teacher))
    made.push(tile('Teacher', percent(h.teacher), interval_text(h.teacher_interval)));
  if (known(h.student)) {
    made.push(tile('Student', percent(h.student), interval_text(h.student_interval)));
    made.push(tile(
        'Drop', (100 * (h.teacher - h.student)).toFixed(2) + ' points',
        'accuracy lost to the teacher'));
  }
  if (known(h.agreement))
    made.push(tile('Agreement', percent(h.agreement), 'of student and teacher'));
  if (h.fine && known(h.fine.accuracy))
    made.push(tile(
        'Fine-tuned', percent(h.fine.accuracy),
        'drop ' + (100 * (h.fine_teacher - h.fine.accuracy)).toFixed(2) + ' points, ' +
            number(h.fine.energy, 1) + ' uJ'));
  if (known(h.energy))
    made.push(tile(
        'Energy', number(h.energy, 1) + ' uJ',
        h.teacher_energy ? percent(h.energy / h.teacher_energy, 1) + ' of the teacher\'s ' +
                number(h.teacher_energy, 1) + ' uJ' :
                           'a picture'));
  if (known(h.zeros)) made.push(tile('Zeros', percent(h.zeros, 1), 'of hidden activations'));
  const student = size_of(run, '.tri'), teacher = size_of(run, '.q8');
  if (student || teacher)
    made.push(tile(
        'Size', bytes_text(student || teacher),
        student && teacher ? 'teacher ' + bytes_text(teacher) : 'of the model file'));
  return element('div', {class: 'tiles'}, made);
}

function results(run) {
  const r = run.result, rows = [];
  const add = (name, m) => {
    if (m)
      rows.push([
        name, percent(m.accuracy), percent(m.agreement), number(m.test_kl),
        percent(m.zero_share, 1), known(m.energy) ? number(m.energy, 1) + ' uJ' : '-'
      ]);
  };
  if (r) {
    add('teacher', {
      accuracy: r.teacher.accuracy,
      agreement: 1,
      test_kl: 0,
      zero_share: null,
      energy: r.energy && r.energy.teacher
    });
    if (r.mse) add('mean-square start', r.mse);
    if (r.start && JSON.stringify(r.start.layers) !== JSON.stringify((r.mse || {}).layers))
      add('start', r.start);
    const s = r.selected || {};
    add('best found, uncalibrated', s.uncalibrated);
    add('best found, not reconstructed', s.calibrated);
    add('before fine-tuning', s.before_finetuning);
    if (r.selected) add('best found', s);
  }
  for (const t of run.trainings.filter(t => t.report)) {
    if (!r || t.report.teacher.accuracy !== r.teacher.accuracy) {
      const where = r ? ', on the test set of ' + t.name : '';
      add('teacher' + where, t.report.teacher);
      add('start' + where, t.report.start);
    }
    add(t.name, t.report.finetuned);
  }
  return rows.length ? table(['', 'accuracy', 'agreement', 'KL', 'zeros', 'energy'], rows) : null;
}

function summary(run) {
  const r = run.result, h = headline(run);
  const about = r ? r.net + ' on ' + r.data.source + ', ' + r.algorithm + ', seed ' + r.seed +
          ', ' + (r.evaluations || 0) + ' evaluations' :
                    h.net;
  const left = r && r.unfinished.length ?
      ['Unfinished: ' + r.unfinished.join(', ') + '. ./search with --resume goes on.'] :
      [];
  const notes = [...left, ...(r && r.data.note ? [r.data.note] : []), ...run.notes];
  return element(
      'section', {}, element('p', {class: 'quiet'}, run.path + ' · ' + about), tiles(run),
      notes.length ?
          element(
              'div', {class: 'notes'}, element('ul', {}, notes.map(n => element('li', {}, n)))) :
          null,
      results(run),
      run.commands.length ?
          [element('h3', {}, 'Commands'), run.commands.map(c => element('pre', {}, c))] :
          [],
      element(
          'details', {},
          element('summary', {}, run.files.length + ' files and their hashes (FNV-1a, 64 bits)'),
          table(
              ['file', 'bytes', 'hash'], run.files.map(f => [f.file, String(f.bytes), f.fnv1a]),
              'files')));
}

// An algorithm's rows over its seeds: at each number of evaluations the mean, the least and the
// most.
function over_seeds(log, algorithm, name) {
  const at = new Map(), own = column(log, 'algorithm'), values = column(log, name);
  column(log, 'evaluations').forEach((x, i) => {
    if (own[i] !== algorithm || typeof values[i] !== 'number') return;
    at.set(x, [...(at.get(x) || []), values[i]]);
  });
  const xs = [...at.keys()].sort((a, b) => a - b),
        several = [...at.values()].some(v => v.length > 1);
  const of = f => xs.map(x => f(at.get(x)));
  return {
    points: xs.map(x => [x, at.get(x).reduce((a, b) => a + b, 0) / at.get(x).length]),
    ...(several ? {low: of(v => Math.min(...v)), high: of(v => Math.max(...v))} : {})
  };
}

// A row an update: what it reached over the start on the same pictures.
function with_gain(log) {
  const reward = column(log, 'reward'), start = column(log, 'reward_mse');
  return {
    columns: [...log.columns, 'gain'],
    rows: log.rows.map(
        (row, i) => [...row, known(reward[i]) && known(start[i]) ? reward[i] - start[i] : null])
  };
}

function search_curves(run) {
  if (!run.search_log || !run.search_log.rows.length) return null;
  const log = with_gain(run.search_log), algorithms = [...new Set(column(log, 'algorithm'))];
  const seeds = new Set(column(log, 'seed')).size, x = 'evaluations';
  const band = seeds > 1 ? ' Lines are means over seeds, bands the least and the most.' : '';
  const plots = [];
  for (const algorithm of algorithms)
    plots.push(line_plot(
        'Reward of ' + algorithm,
        'Each update\'s mean and best, and the start on the same pictures.' + band, x, 'reward',
        [['mean', 'reward_mean'], ['best', 'reward'], ['start', 'reward_mse']].map(
            ([name, key]) =>
                ({name, dashed: name === 'start', ...over_seeds(log, algorithm, key)}))));
  const each = name => algorithms.map(a => ({name: a, ...over_seeds(log, a, name)}));
  plots.push(line_plot(
      'Gain over the start',
      'Reward of each update\'s best less the start\'s, on the same pictures.' + band, x, 'reward',
      each('gain')));
  plots.push(line_plot(
      'KL', 'Of each update\'s best student to the teacher.' + band, x, 'nats a picture',
      each('kl')));
  plots.push(line_plot(
      'Attention distance (AT)', 'Of each update\'s best student.' + band, x, 'AT',
      each('attention')));
  plots.push(line_plot(
      'Agreement of each update\'s best', 'With the teacher, on the update\'s pictures.' + band, x,
      'fraction', each('agreement')));
  plots.push(
      line_plot('Energy of each update\'s best', band, x, 'uJ a picture', each('energy_uj')));
  return section('Search', [element('div', {class: 'plots'}, plots.filter(Boolean))]);
}

function ppo_curves(run) {
  if (!run.search_log) return null;
  const told = {
    entropy: ['Entropy', 'Of the policy, in nats: falls as it settles.'],
    approx_kl: ['approx_kl', 'How far an update moves the policy, in nats.'],
    clip_fraction: ['Clip fraction', 'Of ratios that PPO clips.'],
    explained_variance: [
      'Explained variance',
      'Of the returns by the critic: 1 is all, 0 none, less than 0 worse than none.'
    ]
  };
  const plots = Object.entries(told).map(
      ([key, [title, text]]) => line_plot(
          title, text, 'evaluations', key,
          [{name: 'ppo', ...over_seeds(run.search_log, 'ppo', key)}]));
  return section(
      'PPO', plots.some(Boolean) ? [element('div', {class: 'plots'}, plots.filter(Boolean))] : []);
}

function training_curves(run) {
  const parts = run.trainings.filter(t => t.log).map(t => {
    const of = (name, key, scale = 1) => ({name, points: points(t.log, 'epoch', key, scale)});
    const plots = [
      line_plot('Loss', '', 'epoch', 'loss', [of('training', 'loss')]),
      line_plot(
          'Accuracy', '', 'epoch', '%',
          [of('training', 'accuracy', 100), of('held out', 'held_out_accuracy', 100)]),
      line_plot('Rate', '', 'epoch', 'learning rate', [of('rate', 'rate')]),
      line_plot(
          'Held-out KL and cost', 'The epoch with the least cost is kept.', 'epoch', 'nats',
          [of('KL', 'held_out_kl'), of('cost', 'held_out_cost')]),
      line_plot(
          'Energy on held-out pictures', '', 'epoch', 'uJ a picture',
          [of('energy', 'held_out_energy_uj')]),
      line_plot('Speed', '', 'epoch', 'pictures/s', [of('training', 'pictures_per_s')])
    ];
    return [element('h3', {}, t.name), element('div', {class: 'plots'}, plots.filter(Boolean))];
  });
  return section('Training', parts.flat());
}

function comparison(runs) {
  const named =
      runs.map((run, i) => ({
                 run,
                 h: headline(run),
                 name: run.path +
                     (runs.filter(o => o.path === run.path).length > 1 ? ' (' + (i + 1) + ')' : '')
               }));
  const rows = named.map(
      ({h, name, run}) =>
          [name, h.net, run.result ? run.result.algorithm : '-', percent(h.teacher),
           percent(h.student),
           known(h.teacher) && known(h.student) ? (100 * (h.teacher - h.student)).toFixed(2) : '-',
           percent(h.agreement), h.fine ? percent(h.fine.accuracy) : '-',
           known(h.energy) ? number(h.energy, 1) : '-', percent(h.zeros, 1)]);
  const logs =
      named.filter(n => n.run.search_log).map(n => ({...n, log: with_gain(n.run.search_log)}));
  const curves = key => logs.flatMap(
      ({name, log}) => [...new Set(column(log, 'algorithm'))].map(
          a => ({
            name: name + (new Set(column(log, 'algorithm')).size > 1 ? ', ' + a : ''),
            ...over_seeds(log, a, key)
          })));
  const trained = key => named.flatMap(
      ({name, run}) =>
          run.trainings.filter(t => t.log)
              .map(t => ({name: name + ', ' + t.name, points: points(t.log, 'epoch', key, 100)})));
  const plots = [
    line_plot('Gain over the start, by run', '', 'evaluations', 'reward', curves('gain')),
    line_plot('KL, by run', '', 'evaluations', 'nats a picture', curves('kl')),
    scatter_plot(
        'Students, by run', '', 'energy, uJ a picture', 'agreement, %',
        named.map(
            ({name, h}) =>
                ({name, points: [[h.energy, known(h.agreement) ? 100 * h.agreement : null]]}))),
    line_plot('Held-out accuracy, by training', '', 'epoch', '%', trained('held_out_accuracy'))
  ];
  return section('Comparison', [
    table(
        [
          'run', 'net', 'algorithm', 'teacher', 'student', 'drop, points', 'agreement',
          'fine-tuned', 'energy, uJ', 'zeros'
        ],
        rows),
    element('div', {class: 'plots'}, plots.filter(Boolean))
  ]);
}

// Seeds beside each other, where one search ran several.
function spread(run) {
  if (!run.result || !run.result.comparison) return null;
  const plus = (s, f) => s ? f(s.mean) + ' ± ' + f(s.deviation) : '-';
  return section(
      'Algorithms over seeds',
      [table(
          [
            'algorithm', 'seeds', 'evaluations', 'reward', 'test KL', 'agreement', 'accuracy',
            'energy'
          ],
          run.result.comparison.map(
              c =>
                  [c.algorithm, String(c.seeds), String(c.evaluations), plus(c.reward, number),
                   plus(c.test_kl, number), plus(c.agreement, percent), plus(c.accuracy, percent),
                   plus(c.energy, x => number(x, 1) + ' uJ')]))]);
}

function report(data) {
  const main = document.getElementById('report'), runs = data.folders;
  const title = runs.length === 1 ? headline(runs[0]).net || runs[0].path : runs.length + ' runs';
  document.title = title + ' – Tri-segment report';
  main.append(
      element('h1', {}, title),
      element(
          'p', {class: 'quiet'},
          data.program + '. Point at a plot for its numbers; CSV saves them.'));
  if (runs.length > 1) main.append(comparison(runs));
  const parts = [
    summary, search_curves, spread, ppo_curves, training_curves, staircases, front, energy,
    attention, disagreements, confusion
  ];
  for (const run of runs) {
    const made =
        element('article', {class: 'run'}, runs.length > 1 ? element('h2', {}, run.path) : null);
    main.append(made);
    made.append(...parts.map(part => part(run)).filter(Boolean));
  }
  redraw();
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  const printing = on => {
    document.documentElement.classList.toggle('printing', on);
    redraw();
  };
  window.addEventListener('beforeprint', () => printing(true));
  window.addEventListener('afterprint', () => printing(false));
  document.documentElement.dataset.ready = 'yes';
}

report(JSON.parse(document.getElementById('run').textContent));
