import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const service = "http://127.0.0.1:8000";
const served = [
  ...["/places", "/vintages", "/indicators", "/areas", "/profiles", "/packs", "/compare"],
  ...["/hotspots", "/sources", "/releases"],
];

export default defineConfig({
  build: {
    target: "es2023",
    // MapLibre alone is about a megabyte before compression; it is one cached file.
    chunkSizeWarningLimit: 1600,
  },
  worker: { format: "es" },
  server: { proxy: Object.fromEntries(served.map((path) => [path, service])) },
  plugins: [serviceDocs(), licences()],
});

/** What the service's description at /docs is shown with: these files of Swagger UI, under these names. */
const DOCS = {
  "swagger-ui-bundle.js": "swagger-ui-bundle.js",
  "swagger-ui.css": "swagger-ui.css",
  "favicon-32x32.png": "favicon.png",
};

/** Swagger UI beside the page, so that /docs asks nobody else for it. */
function serviceDocs(): Plugin {
  return {
    name: "service-docs",
    generateBundle() {
      for (const [file, name] of Object.entries(DOCS)) {
        const source = readFileSync(`node_modules/swagger-ui-dist/${file}`);
        this.emitFile({ type: "asset", fileName: `assets/docs/${name}`, source: withoutMap(file, source) });
      }
    },
  };
}

/** Source maps stay behind: a last line that names one would be looked for in vain. */
function withoutMap(file: string, source: Buffer): Buffer | string {
  if (file.endsWith(".png")) return source;
  return source.toString("utf8").replace(/\s*(\/\/|\/\*)# sourceMappingURL=\S+(\s*\*\/)?\s*$/, "\n");
}

/** The licences of all that is served, the parts of the bundles included, as one text beside them. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle() {
      this.emitFile({
        type: "asset",
        fileName: "assets/licences.txt",
        source: bundled().map(licenceOf).join("\n\n"),
      });
    },
  };
}

interface Locked {
  version: string;
  license?: string;
  dev?: boolean;
}

/** A package of Swagger UI that reports installations; no part of it is run or served. */
const LEFT_OUT = "node_modules/@scarf/scarf";

/** Packages the page itself needs, by folder, as the lock file lists them. */
function bundled(): [folder: string, locked: Locked][] {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Locked> };
  return Object.entries(lock.packages).filter(
    ([folder, { dev }]) => folder !== "" && folder !== LEFT_OUT && !dev,
  );
}

function licenceOf([folder, { version, license }]: [string, Locked]): string {
  const files = readdirSync(folder).filter((name) => LICENCE_FILES.test(name));
  const texts = files.map((name) => readFileSync(`${folder}/${name}`, "utf8").trim());
  const title = `${folder.replace(/^.*node_modules\//, "")} ${version} (${license ?? "see below"})`;
  return [title, ...texts].join("\n\n");
}

/** A package's own licence, its notice, and the licences of what its bundles hold. */
const LICENCE_FILES = /^(licen[cs]e.*|notice|swagger-ui-bundle\.js\.LICENSE\.txt)$/i;
