export * from './canary/canary.ts';
export * from './footprint.ts';
export * from './read-here.ts';
export * from './seed.ts';
export * from './test-app.ts';
export * from './scripted-model.ts';
export * from './office-files.ts';
export * from './poison-office.ts';
