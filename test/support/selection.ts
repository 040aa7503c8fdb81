/**
 * Which tests run. `npm test` leaves out cases that rarely find more than the others do; test/README.md lists them. `npm run test:all` sets `ALL=1`
 * and leaves out nothing.
 */
export const RUN_ALL = process.env.ALL === '1';
