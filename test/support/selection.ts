/**
 * Which tests run. `npm test` leaves out the kills and the cells of the fault matrix that are unlikely to find more than the others do.
 * `npm run test:all` sets `ALL=1` and leaves out nothing.
 */
export const RUN_ALL = process.env.ALL === '1';
