export * from './canary/canary.ts';
export * from './footprint.ts';
export * from './seed.ts';
export * from './test-app.ts';
export * from './scripted-model.ts';
