export function buildSingleExecutable(_a: string, _b: string): void {}
