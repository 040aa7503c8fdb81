/** The one-time secret of the dashboard, and the sessions that it begins. */
import { describe, expect, it } from 'vitest';
import { createSessions } from '../../src/dashboard/sessions.ts';

function sessions() {
  let time = 1_000_000;
  let count = 0;
  const made = createSessions({ now: () => time, random: () => `text ${++count}` });
  return {
    ...made,
    pass(ms: number) {
      time += ms;
    },
    status(secret: string) {
      const begun = made.begin(secret);
      return 'token' in begun ? 200 : begun.status;
    },
  };
}

describe('a secret', () => {
  it('works once', () => {
    const s = sessions();
    const secret = s.offer();
    expect(s.begin(secret)).toEqual({ token: expect.any(String) });
    expect(s.begin(secret)).toMatchObject({ status: 403, message: expect.stringContaining('press Enter') });
  });

  it('is void when a newer one is offered, so that an address on a screen does not stay open', () => {
    const s = sessions();
    const [old, fresh] = [s.offer(), s.offer()];
    expect(s.status(old)).toBe(403);
    expect(s.status(fresh)).toBe(200);
  });

  it.each(['', 'text', 'text 1 ', 'TEXT 1', 'text 2'])('is no other text: "%s"', (secret) => {
    const s = sessions();
    expect(s.offer()).toBe('text 1');
    expect(s.status(secret)).toBe(403);
    expect(s.status('text 1')).toBe(200);
  });

  it('is none before the first is offered', () => {
    expect(sessions().status('text 1')).toBe(403);
  });

  it('can be guessed ten times a minute, and then not even the right one works', () => {
    const s = sessions();
    const secret = s.offer();
    for (let count = 0; count < 10; count++) expect(s.status('wrong')).toBe(403);
    s.pass(59_000);
    expect(s.begin(secret)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    s.pass(1_000);
    expect(s.status(secret)).toBe(200);
  });

  it('that was right does not count as a guess', () => {
    const s = sessions();
    for (let count = 0; count < 30; count++) expect(s.status(s.offer())).toBe(200);
  });
});

describe('a session', () => {
  const begin = (s: ReturnType<typeof sessions>) => {
    const begun = s.begin(s.offer());
    return 'token' in begun ? begun.token : '';
  };

  it('is known by its token alone, and each has its own', () => {
    const s = sessions();
    const [one, two] = [begin(s), begin(s)];
    expect(s.sessionOf(one)).not.toBe(s.sessionOf(two));
    expect(s.sessionOf(one)).toBe(s.sessionOf(one));
    for (const wrong of ['', 'text', `${one} `, one.toUpperCase()]) expect(s.sessionOf(wrong)).toBeUndefined();
  });

  it('has a key that is no secret, because logs and limits may use it', () => {
    const s = sessions();
    const token = begin(s);
    expect(s.sessionOf(token)).not.toContain(token);
  });

  it('ends when sixteen others have begun', () => {
    const s = sessions();
    const first = begin(s);
    const others = Array.from({ length: 15 }, () => begin(s));
    expect(s.sessionOf(first)).toBeDefined();
    const last = begin(s);
    expect(s.sessionOf(first)).toBeUndefined();
    for (const token of [...others, last]) expect(s.sessionOf(token)).toBeDefined();
  });

  it('is not begun by a token', () => {
    const s = sessions();
    expect(s.status(begin(s))).toBe(403);
  });
});
