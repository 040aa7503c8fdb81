import { describe, expect, it } from 'vitest';
import { keyLines } from '../../src/digest/key-lines.ts';
import { logLines } from '../../src/digest/log-lines.ts';

describe('log lines', () => {
  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['blank lines go', 'a\n\n  \nb\n', ['a', 'b']],
    ['lines with nothing but a prefix go', '#12 38.76 \n[hc4q8] \n[hc4q8] a\n[12345]', ['[hc4q8] a', '[12345]']],
    ['CRLF', 'a\r\nb\r\n', ['a', 'b']],
    ['colours go', '\u001b[32mINFO\u001b[0m up', ['INFO up']],
    ['indentation stays', 'Traceback:\n  File "x.py", line 1', ['Traceback:', '  File "x.py", line 1']],
    ['a progress bar keeps its last state', 'get:  0%\rget: 50%\rget: 100%\ndone', ['get: 100%', 'done']],
    ['a progress bar that ends with a return', 'get: 50%\rget: 100%\r\ndone', ['get: 100%', 'done']],
    ['repeats are folded', 'beat\nbeat\nbeat\nend\nbeat', ['beat [3 times]', 'end', 'beat']],
  ])('%s', (_name, raw, expected) => {
    expect(logLines(raw)).toEqual(expected);
  });

  it('hide secrets', () => {
    expect(logLines(`using dapi${'0'.repeat(32)} for auth`)).toEqual(['using *** for auth']);
  });

  // Put together so that no scanner takes this file for a leak.
  const [BEGIN, END] = [
    ['-----BEGIN RSA ', 'PRIVATE KEY-----'].join(''),
    ['-----END RSA ', 'PRIVATE KEY-----'].join(''),
  ];
  const BODY = ['MIIEfakefakefakefakefakefakefake', 'fake+fake/fakefakefakefakefakefake', 'fake0A=='];

  it.each<[string, string[], string[]]>([
    ['one of several lines', ['up', BEGIN, ...BODY, END, 'down'], ['up', '***', 'down']],
    [
      'behind the name of a container',
      [BEGIN, ...BODY, END, 'down'].map((line) => `[94cbb] ${line}`),
      ['[94cbb] ***', '[94cbb] down'],
    ],
    ['with other words next to it', [`key="${BEGIN}`, ...BODY, `${END}" and the rest`], ['key="***', '" and the rest']],
    ['with colours in its marks', [BEGIN.replace(' ', '\u001b[1m '), ...BODY, END, 'down'], ['***', 'down']],
    ['with a head', [BEGIN, 'Proc-Type: 4,ENCRYPTED', '', ...BODY, END, 'down'], ['***', 'down']],
    ['two, one behind the other', [BEGIN, ...BODY, `${END}${BEGIN}`, ...BODY, END, 'down'], ['*** [2 times]', 'down']],
    ['whose lines end with returns only', [[BEGIN, ...BODY, END].join('\r'), 'down'], ['***', 'down']],
    [
      'that is cut off',
      [BEGIN, ...BODY.slice(0, 2), 'ValueError: bad input', 'down'],
      ['***', 'ValueError: bad input', 'down'],
    ],
    ['that began before the log', ['up', ...BODY, END, 'down'], ['up', END, 'down']],
    ['none, but the mark of one', [`no ${BEGIN} found`, 'ValueError: bad input'], ['no ***', 'ValueError: bad input']],
  ])('hide a private key %s', (_what, lines, expected) => {
    expect(logLines(lines.join('\n'))).toEqual(expected);
  });

  it('continue after a key that never ends', () => {
    const lines = Array.from({ length: 300 }, (_, at) => `step ${at}`);
    expect(logLines([BEGIN, ...lines, END].join('\n'))).toEqual(['***', ...lines, END]);
  });

  it('of marks alone cost no more than others', () => {
    // Time that grew with the square of these lines would be minutes, which no test is given.
    for (const line of [BEGIN, END, `${END} ${BODY[0]}`, `${BEGIN} ${BODY[0]}`, `${END}${BEGIN}`])
      logLines(`${line}\n`.repeat(50_000));
  });

  it('are cut, and say how much is missing', () => {
    const [line] = logLines('x'.repeat(1_000));
    expect(line).toBe(`${'x'.repeat(400)}… (600 more characters)`);
  });
});

describe('key lines', () => {
  const noise = Array.from({ length: 50 }, (_, at) => `[INFO] Booting worker with pid: ${at}`);

  it.each([
    "[94cbb] An error occurred while loading the model. No module named 'pandas.core.indexes.numeric'.",
    'ERROR: ResolutionImpossible: for help visit https://pip.pypa.io',
    'OSError: [Errno 28] No space left on device',
    'torch.cuda.OutOfMemoryError: CUDA out of memory.',
    'Killed',
    'User does not have permission to read the volume',
    'Served model creation timed out',
    'ValueError: bad input',
    'CRITICAL worker died',
  ])('find %j among noise', (cause) => {
    expect(keyLines([...noise, cause, ...noise], 8)).toEqual([cause]);
  });

  it('are empty when no line explains a failure', () => {
    expect(keyLines(noise, 8)).toEqual([]);
  });

  it('prefer the cause to its consequences, and stay in the order of the log', () => {
    const lines = [
      'ERROR worker failed',
      'RuntimeError: no',
      "ModuleNotFoundError: No module named 'x'",
      'ERROR again',
    ];
    expect(keyLines(lines, 2)).toEqual(['RuntimeError: no', "ModuleNotFoundError: No module named 'x'"]);
    expect(keyLines(lines, 1)).toEqual(["ModuleNotFoundError: No module named 'x'"]);
  });
});
