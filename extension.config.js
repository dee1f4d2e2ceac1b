import terser from '@rollup/plugin-terser';

/**
 * What the build of the extensions SDK is told besides, so that less has to be loaded: whatever runs Directus knows the syntax of
 * 2022, making an error class that nobody throws does nothing, and names of components are for developer tools.
 *
 * @type {import('@directus/extensions-sdk').Config}
 */
export default {
  plugins: [
    {
      name: 'pure-functions',
      options: (options) => ({ ...options, treeshake: { manualPureFunctions: ['createError'], propertyReadSideEffects: false } }),
    },
    {
      name: 'component-names',
      renderChunk: (code) => ({ code: code.replaceAll(/__name: "[\w-]+",/g, ''), map: null }),
    },
    terser({ ecma: 2022, module: true, compress: { passes: 3, keep_fargs: false, unsafe_arrows: true } }),
  ],
};
