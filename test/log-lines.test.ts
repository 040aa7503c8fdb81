import { describe, expect, it } from 'vitest';
import { logLines, tellingLines } from '../src/log-lines.ts';

describe('log lines', () => {
  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['blank lines go', 'a\n\n  \nb\n', ['a', 'b']],
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

  it('are cut, and say how much is missing', () => {
    const [line] = logLines('x'.repeat(1_000));
    expect(line).toBe(`${'x'.repeat(400)}… (600 more characters)`);
  });
});

describe('telling lines', () => {
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
    expect(tellingLines([...noise, cause, ...noise], 8)).toEqual([cause]);
  });

  it('are none where nothing tells', () => {
    expect(tellingLines(noise, 8)).toEqual([]);
  });

  it('prefer the cause to its consequences, and stay in the order of the log', () => {
    const lines = [
      'ERROR worker failed',
      'RuntimeError: no',
      "ModuleNotFoundError: No module named 'x'",
      'ERROR again',
    ];
    expect(tellingLines(lines, 2)).toEqual(['RuntimeError: no', "ModuleNotFoundError: No module named 'x'"]);
    expect(tellingLines(lines, 1)).toEqual(["ModuleNotFoundError: No module named 'x'"]);
  });
});
