import terser from '@rollup/plugin-terser';

const hasPages = ({ facadeModuleId }) => facadeModuleId?.endsWith('/src/pages.ts') ?? false;

/**
 * What the build of the extensions SDK is told besides, so that less has to be loaded: whatever runs Directus knows the syntax of
 * 2022, making an error class that nobody throws does nothing, names of components are for developer tools,
 * and those that tie styles to components need not be long.
 *
 * Directus puts the apps of all extensions together with Rollup at each of its starts. The pages are no part of that: they are built
 * into a file of their own, a function of what Directus' app shares with extensions, since what is loaded past Directus cannot
 * import it.
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
      renderChunk(code, chunk) {
        if (!hasPages(chunk)) return null;

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
    terser({
      ecma: 2022,
      module: true,
      compress: { passes: 3, keep_fargs: false, unsafe_arrows: true, hoist_funs: true },
    }),
    {
      name: 'pages-past-directus',
      renderChunk(code, chunk) {
        if (!hasPages(chunk)) return null;

        const { body } = this.parse(code);
        const textOf = ({ start, end }) => code.slice(start, end);
        const ofType = (type) => body.filter((node) => node.type === type);
        const imports = ofType('ImportDeclaration');
        const named = ofType('ExportNamedDeclaration').flatMap(({ specifiers }) => specifiers);
        const rest = body.filter(({ type }) => type !== 'ImportDeclaration' && type !== 'ExportNamedDeclaration');

        if (named.length !== chunk.exports.length)
          this.error('The pages export something in a way that is not known here.');

        const dependencies = imports.map(({ source, specifiers }) => {
          const parts = specifiers.map(({ imported, local }) => `${imported.name}:${local.name}`);
          return `const{${parts.join()}}=shared[${JSON.stringify(source.value)}];`;
        });

        return {
          code: [
            `export default shared=>{${dependencies.join('')}`,
            ...rest.map(textOf),
            `return{${named.map(({ local, exported }) => `${exported.name}:${local.name}`).join()}}};`,
          ].join('\n'),
          map: null,
        };
      },
    },
  ],
};
