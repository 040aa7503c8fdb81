/** The guards of the server over HTTP. */
import type { Mutant } from './list.ts';

const GATE = ['test/hosting/gate.test.ts'];
const SEATS = ['test/web/admission.test.ts'];
const SERVER = ['test/hosting/server.test.ts'];
const HOSTILE = ['test/hosting/hostile.test.ts'];
const CALLS = ['test/calls/in-time.test.ts'];

export const hosting: Mutant[] = [
  {
    guard: 'the server goes by its own names alone',
    edits: [["  if (!isHost(headers.host ?? '', rules.hosts))", '  if (headers.host === undefined)']],
    files: GATE,
    named: 'a page could lead it here by DNS',
  },
  {
    guard: 'a name with its port is not the name with another one',
    edits: [
      ["hosts.includes(host.replace(/:\\d+$/, ''))", "hosts.some((each) => each.split(':')[0] === host.split(':')[0])"],
    ],
    files: GATE,
    named: 'a page could lead it here by DNS',
  },
  {
    guard: 'pages of other origins may not call the server',
    edits: [['  if (origin !== undefined && !rules.origins.includes(origin.toLowerCase()))', "  if (origin === '')"]],
    files: GATE,
    named: 'may not',
  },
  {
    guard: 'an origin is compared as a whole',
    edits: [
      ['!rules.origins.includes(origin.toLowerCase())', '!rules.origins.some((each) => origin.startsWith(each))'],
    ],
    files: GATE,
    named: 'may not',
  },
  {
    guard: 'another form of the address is no redirect and no endpoint',
    edits: [
      [
        "return url.replace(/\\?.*$/s, '');",
        "return url.replace(/[/?;].*$/s, '').toLowerCase() || url.replace(/\\/$/, '');",
      ],
    ],
    files: GATE,
    named: 'never a redirect',
  },
  {
    guard: 'a form of another page cannot send a call',
    edits: [["    return refusal(415, 'the Content-Type must be application/json');", '    return undefined;']],
    files: GATE,
    named: 'a form of another page could send it',
  },
  {
    guard: 'a header that decides who calls comes once',
    edits: [
      [
        'const twice = names.find((name, at) => ONCE.test(name) && names.indexOf(name) !== at);',
        'const twice = names.find((name) => name === undefined);',
      ],
    ],
    files: [...GATE, ...HOSTILE],
    named: 'twice is refused|two logins|two forwarded',
  },
  {
    guard: 'a revision that the server does not speak is refused with those that it speaks',
    edits: [['  if (revision !== undefined && !REVISIONS.includes(revision))', "  if (revision === 'none')"]],
    files: GATE,
    named: 'the answer names those that are',
  },
  {
    guard: 'a compressed body is refused',
    edits: [
      ["if (!/^(?:|identity)$/i.test(headers['content-encoding'] ?? ''))", "if (headers['content-encoding'] === 'br')"],
    ],
    files: GATE,
    named: 'is not compressed',
  },
  {
    guard: 'a body is bounded while it arrives',
    edits: [['size > maxBody ? closing(tooLarge(maxBody))', 'size < 0 ? closing(tooLarge(maxBody))']],
    files: HOSTILE,
    named: 'that never ends is refused at the limit',
  },
  {
    guard: 'a body has a time limit',
    edits: [['      bodyMs,\n    );', '      2 ** 30,\n    );']],
    files: HOSTILE,
    named: 'ends when its time is up, and gives its place back',
  },
  {
    guard: 'all bodies share a bounded memory',
    edits: [['if (held + size > limits.bytes)', 'if (size > limits.bytes)']],
    files: SEATS,
    named: 'bounded memory',
  },
  {
    guard: 'the calls of one user are limited',
    edits: [['(users.get(user) ?? 0) + more > limits.perUser', '(users.get(user) ?? 0) + more > limits.total * 9']],
    files: SEATS,
    named: 'calls of one user',
  },
  {
    guard: 'the calls of all users are limited',
    edits: [['if (running >= limits.total) return full();', '']],
    files: SEATS,
    named: 'limited together',
  },
  {
    guard: 'the messages of a list count as calls',
    edits: [['return seat.more(Math.max(0, message.length - 1)) ?? { message };', 'return { message };']],
    files: SERVER,
    named: 'needs a place for each message',
  },
  {
    guard: 'a place is given back once',
    edits: [['        if (left) return;\n', '']],
    files: SEATS,
    named: 'given back once',
  },
  {
    guard: 'a change under way keeps its place when its client has gone',
    edits: [['        await handlers.settled();\n', '']],
    files: SERVER,
    named: 'keeps the place until the change has ended',
  },
  {
    guard: 'a closed connection ends what only reads',
    edits: [["response.once('close', () => gone.abort(new Error('the connection was closed')));", '']],
    files: SERVER,
    named: 'goes away during a read',
  },
  {
    guard: 'a server that stops begins no call',
    edits: [
      ['      else if (stopping) deny(', '      else if (stopping && asks) deny('],
      ['      if (stopping) return deny(STOPPING); // its head came before the stop\n', ''],
    ],
    files: SERVER,
    named: 'begins no call',
  },
  {
    guard: 'a server that stops names the changes that have not ended',
    edits: [['return changes.flat();', 'return changes.flat().slice(1);']],
    files: SERVER,
    named: 'names the changes',
  },
  {
    guard: 'a failure of the server says nothing of its inside',
    edits: [
      ["refusal(500, 'this server failed. This is a bug in it. Please report it.')", 'refusal(500, String(error))'],
    ],
    files: SERVER,
    named: 'says nothing of its inside',
  },
  {
    guard: 'a body nested too deep is not parsed',
    edits: [['if (isTextTooDeep(text, MOST_LEVELS))', "if (text === '')"]],
    files: SERVER,
    named: 'before it is parsed',
  },
  {
    guard: 'an unreadable request is not answered in place of an earlier one',
    edits: [['(others.length > 0 && !own)', '(others.length > 0 && own)']],
    files: HOSTILE,
    named: 'leave no answer that an earlier one|and then garbage is refused once',
  },
  {
    guard: 'idle connections make room for new ones',
    edits: [["server.on('drop', () => server.closeIdleConnections());", '']],
    files: HOSTILE,
    named: 'make room for the next ones',
  },
  {
    guard: 'a client that takes nothing loses its connection',
    edits: [
      ['const timer = setTimeout(() => response.destroy(), sendMs);', 'const timer = setTimeout(() => {}, sendMs);'],
    ],
    files: HOSTILE,
    named: 'never reads its answer',
  },
  {
    guard: 'a change under way is not cut off when its caller is gone',
    edits: [
      ['const signal = isChange(binding, method, path) ? undefined : binding.signal;', 'const { signal } = binding;'],
    ],
    files: CALLS,
    named: 'does not cut off a change',
  },
  {
    guard: 'no step begins after the end of a call',
    edits: [
      ['    binding.signal?.throwIfAborted();\n    const signal = isChange', '    const signal = isChange'],
      [
        'const signer = await environment.credentials(binding.signal);',
        'const signer = await environment.credentials(changes ? undefined : binding.signal);',
      ],
      [
        'signer.headers(binding.signal);\n    let auth',
        'signer.headers(changes ? undefined : binding.signal);\n    let auth',
      ],
    ],
    files: ['test/calls/in-time.test.ts'],
    named: 'before its next step',
  },
  {
    guard: 'a call ends in time',
    edits: [["own.abort(new CallEnd('time_limit', over))", 'own.signal.throwIfAborted()']],
    files: CALLS,
    named: 'that says so, and how to go on',
  },
  {
    guard: 'an answer comes in time although a change goes on',
    edits: [
      ['  return Promise.race([work, answer]).finally(cancel);', '  return Promise.race([work]).finally(cancel);'],
    ],
    files: CALLS,
    named: 'while its change is under way',
  },
  {
    guard: 'a wait on a hosted server is shortened',
    edits: [['seconds > most ? [{ name, asked }] : []', 'seconds < 0 ? [{ name, asked }] : []']],
    files: CALLS,
    named: 'is shortened, and the answer says so',
  },
];
