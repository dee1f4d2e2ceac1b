import terser from '@rollup/plugin-terser';

/**
 * What the build of the extensions SDK is told besides, so that less has to be loaded: whatever runs Directus knows the syntax of
 * 2022, making an error class that nobody throws does nothing, names of components are for developer tools,
 * and those that tie styles to components need not be long.
 *
 * @type {import('@directus/extensions-sdk').Config}
 */
export default {
  plugins: [
    {
      name: 'pure-functions',
      options: (options) => ({
        ...options,
        treeshake: { manualPureFunctions: ['createError'], propertyReadSideEffects: false },
      }),
    },
    {
      name: 'short-names',
      renderChunk(code) {
        const scopes = new Map();

        const shortOf = (scope) => {
          if (!scopes.has(scope)) scopes.set(scope, `data-t${scopes.size.toString(36)}`);
          return scopes.get(scope);
        };

        return {
          code: code.replaceAll(/__name: "[\w-]+",/g, '').replaceAll(/data-v-[0-9a-f]{8}/g, shortOf),
          map: null,
        };
      },
    },
    terser({ ecma: 2022, module: true, compress: { passes: 3, keep_fargs: false, unsafe_arrows: true } }),
  ],
};
