/** Places for calls: what is beyond the limits is refused at once, and everything that is taken is given back. */
import { expect, it } from 'vitest';
import { createAdmission, type Seat } from '../../src/web/admission.ts';
import { isRefusal } from '../../src/web/refusal.ts';

function seated(admission: ReturnType<typeof createAdmission>, user?: string): Seat {
  const seat = admission.enter();
  if (isRefusal(seat)) throw new Error(seat.message);
  if (user !== undefined) expect(seat.of(user)).toBeUndefined();
  return seat;
}

const LIMITS = { total: 3, perUser: 2, bytes: 100 };

it('the calls of one user are limited, and others still get a place', () => {
  const admission = createAdmission(LIMITS);
  const first = seated(admission, 'ann');
  seated(admission, 'ann');
  const third = seated(admission);
  expect(third.of('ann')).toMatchObject({
    status: 429,
    headers: { 'retry-after': '1' },
    message: expect.stringContaining('2 calls under way'),
  });
  expect(third.of('bob')).toBeUndefined();
  third.leave();
  first.leave();
  seated(admission, 'ann');
});

it('all calls are limited together, whoever makes them', () => {
  const admission = createAdmission(LIMITS);
  const seats = ['ann', 'bob', 'cy'].map((user) => seated(admission, user));
  expect(admission.enter()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  seats[0]?.leave();
  expect(isRefusal(admission.enter())).toBe(false);
});

it('the messages of a list count as calls of their own', () => {
  const admission = createAdmission(LIMITS);
  const seat = seated(admission, 'ann');
  expect(seat.more(2)).toMatchObject({ status: 429 });
  expect(admission.running()).toBe(1);
  expect(seat.more(1)).toBeUndefined();
  expect(admission.running()).toBe(2);
  const other = seated(admission, 'bob');
  expect(other.more(1)).toMatchObject({ status: 503 });
  seat.leave();
  expect(admission.running()).toBe(1);
});

it('bodies share a bounded memory', () => {
  const admission = createAdmission(LIMITS);
  const [one, two] = [seated(admission, 'ann'), seated(admission, 'bob')];
  expect(one.hold(60)).toBeUndefined();
  expect(two.hold(50)).toMatchObject({ status: 503 });
  expect(two.hold(40)).toBeUndefined();
  one.leave();
  expect(two.hold(60)).toBeUndefined();
});

it('a place is given back once', () => {
  const admission = createAdmission(LIMITS);
  const seat = seated(admission, 'ann');
  seated(admission, 'ann');
  seat.leave();
  seat.leave();
  expect(admission.running()).toBe(1);
  seated(admission, 'ann');
  expect(seated(admission).of('ann')).toMatchObject({ status: 429 });
});
