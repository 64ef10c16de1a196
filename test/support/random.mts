/*
 * Settings of the tests that try random cases. They try the same cases every time, so that a run can be
 * repeated. For other cases: RANDOM_SEED=$RANDOM npm test -- exactness. For more of them: RANDOM_CASES=5000
 */

export const randomSeed = Number(process.env.RANDOM_SEED ?? 20261127);

/** @returns how many cases to try; a mutation run tries fewer, as it repeats them for every mutant */
export const randomCases = (usual: number) => Number(process.env.RANDOM_CASES ?? usual);
