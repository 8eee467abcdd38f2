// Writes units.json and thresholds.json: what Grafana itself displays and grades, for tests/unit/test_units.py.
//
// How to run it (node 20 or newer; the package is not kept in this repository):
//
//   cd "$(mktemp -d)" && npm init -y
//   npm install --legacy-peer-deps --ignore-scripts @grafana/data@13.2.3 react@19 react-dom@19 rxjs@7
//   cp <checkout>/tests/unit/goldens/make_units.mjs . && node make_units.mjs <checkout>/tests/unit/goldens
//
// units.json is a list of families {values, shown}: shown[unit][decimals][i] is the text of values[i], decimals "auto"
// when a panel sets none. null, NaN and the infinities stand as the strings "null", "NaN", "Infinity", "-Infinity".
// thresholds.json is a list of [value, [at, ...], index of the active step]; the first `at` is null, Grafana's -Infinity.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

globalThis.navigator ??= { language: "en-US", languages: ["en-US"] }; // the package asks a browser for its locale
// The package's ES modules name an export of a CommonJS one, which node refuses; its CommonJS build loads.
const grafana = createRequire(import.meta.url)("@grafana/data");

const DECIMALS = { auto: undefined, 0: 0, 1: 1, 2: 2, 3: 3 };
const PLAIN = [
  0, 1, -1, 2, 3, 5, 10, 42, 73, 99, 100, 101, 999, 1000, 1001, 1500, 12345, 123456789, -73, -1500, -0.5,
  0.001, 0.01, 0.05, 0.1, 0.125, 0.15, 0.25, 0.333333333333, 0.5, 0.666666666667, 0.9, 0.95, 0.978, 0.9994, 0.9995, 0.99999,
  1.005, 1.05, 1.15, 1.25, 1.45, 2.25, 2.26, 2.5, 3.14159, 9.94, 9.95, 9.995, 9.9995, 12.345, 99.5, 99.94, 99.95, 99.995,
  99.9999, 999.5, 999.94, 999.95, 999.9949, 999.995, 999.9999, 1049.9, 1050, 9999.5, 99949, 99950, 999499, 999500, 999949,
  999950, 999999, 1e6, 1.5e6, 2.25e6, 1e9, 2.5e9, 1e12, 7.77e14, 1e15, 1.234e17, 1e20, 123456789012345680000, 1e21, 1.5e21, 1e24,
  1.5e27, 1e30, 1e100, -1e100, 1e-3, 1.5e-3, 2.4e-3, 1e-5, 1.2e-6, 1e-6, 9.99e-7, 1e-7, 1e-9, 4.2e-12, 1e-15, 1e-18, 1e-19, -1e-7,
];

// Log-uniform between 10^low and 10^high, every third negative; a fixed Lehmer generator, so that a second run agrees.
function spread(count, low, high, seed = 20261123) {
  let state = seed;
  const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return Array.from({ length: count }, (_, i) => {
    const value = Number((10 ** (low + (high - low) * next())).toPrecision(1 + (i % 16)));
    return i % 3 === 2 ? -value : value;
  });
}

// Each bound times each factor: both sides of it, a rounding edge away and nearer.
function around(bounds, factors) {
  return bounds.flatMap((bound) => factors.map((factor) => bound * factor));
}

const SECONDS = [1e-9, 1e-6, 1e-3, 1, 59.99, 59.999, 60, 120, 3599.9, 3600, 86399, 86400, 604800, 2592000, 31536000, 31556900];
const scaled = (factor) => around(SECONDS.map((bound) => bound * factor), [0.9995, 1 - 1e-9, 1, 1.0005, 1.5, -1]);
const binary = around(
  [1, 2, 3, 4, 5, 6].map((power) => 1024 ** power),
  [0.9999, 1, 1.0001, 1.5, 12.3, 512, -2],
).concat([1023, 1023.4, 1023.5, 1023.9, 1023.95, 1023.99, 1023.999, 1024 ** 8, 1024 ** 9, 1024 ** 10]);

const FAMILIES = [
  { units: ["none", "short", "percent", "percentunit"], values: [...PLAIN, ...spread(80, -12, 24)] },
  { units: ["ns"], values: [...PLAIN, ...scaled(1e9)] },
  { units: ["µs"], values: [...PLAIN, ...scaled(1e6)] },
  { units: ["ms"], values: [...PLAIN, ...scaled(1e3)] },
  { units: ["s"], values: [...PLAIN, ...scaled(1), ...spread(80, -9, 10)] },
  { units: ["m"], values: [...PLAIN, ...scaled(1 / 60)] },
  { units: ["h"], values: [...PLAIN, ...scaled(1 / 3600)] },
  { units: ["d"], values: [...PLAIN, ...scaled(1 / 86400)] },
  { units: ["dtdurations"], values: [...around(SECONDS, [0.9995, 1, 1.5, -1]), 0, 90, 3661, 90061, 1e9, 123456789.123] },
  { units: ["dtdurationms"], values: [...around(SECONDS.map((s) => s * 1000), [0.9995, 1, 1.5, -1]), 0, 0.4, 90061001, 1e12] },
  { units: ["dthms", "dtdhms"], values: [...around(SECONDS, [0.9995, 1, 1.5, -1]), 0, 9, 10, 3661, 90061, 1e9, 123456789.123] },
  { units: ["bytes", "decbytes"], values: [...PLAIN, ...binary, ...spread(40, -3, 24)] },
  { units: ["bits", "decbits", "Bps", "binBps", "bps", "binbps", "pps"], values: [...binary, ...spread(30, -3, 24, 7)] },
  { units: ["kbytes", "mbytes", "gbytes"], values: [...binary.slice(0, 30), ...spread(20, -3, 24, 11)] },
  { units: ["ops", "reqps"], values: [...PLAIN, ...spread(60, -9, 18, 13)] },
  {
    units: [
      "cps", "rps", "wps", "iops", "eps", "mps", "recps", "rowsps",
      "cpm", "opm", "reqpm", "rpm", "wpm", "epm", "mpm", "recpm", "rowspm",
    ],
    values: [0, 0.25, 1, 73, 999.95, 1000, 999950, 1.5e6, 2.5e9, 1e12, 1e15, -1500, ...spread(9, -6, 14, 17)],
  },
];

// Where Grafana's own text for an infinity is a slip ("Infinity years", "∞undefined ops/s") there is nothing to match.
const FINITE = /^dt|^(ops|reqps|cps|rps|wps|iops|eps|mps|recps|rowsps|cpm|opm|reqpm|rpm|wpm|epm|mpm|recpm|rowspm)$/;

function shown(unit, decimals, values) {
  const field = { type: grafana.FieldType.number, config: { unit, decimals }, values: [] };
  const display = grafana.getDisplayProcessor({ field, theme: grafana.createTheme() });
  return values.map((value) => grafana.formattedValueToString(display(value)));
}

const units = FAMILIES.map(({ units, values }) => {
  const all = [...values, null, NaN, ...(units.some((unit) => FINITE.test(unit)) ? [] : [Infinity, -Infinity])];
  return {
    values: all.map((value) => (value === null || !Number.isFinite(value) ? String(value) : value)),
    shown: Object.fromEntries(
      units.map((unit) => [
        unit,
        Object.fromEntries(Object.entries(DECIMALS).map(([name, decimals]) => [name, shown(unit, decimals, all)])),
      ]),
    ),
  };
});

const LADDERS = [[null], [null, 0], [null, 1, 2], [null, 51, 101], [null, 0.9, 0.95], [null, 60, 120], [null, -5, 0, 5, 5.5]];
const thresholds = LADDERS.flatMap((ladder) => {
  const steps = ladder.map((at, index) => ({ value: at ?? -Infinity, color: String(index) }));
  const bounds = ladder.slice(1);
  const near = bounds.flatMap((at) => [at, at - 1e-9, at + 1e-9, at - 0.5, at + 0.5, -at]);
  return [...near, 0, -1e300, 1e300, 0.1 + 0.2, 100.5, 119.99999999999999].map((value) => [
    value,
    ladder,
    Number(grafana.getActiveThreshold(value, steps).color),
  ]);
});

const folder = process.argv[2] ?? ".";
writeFileSync(join(folder, "units.json"), `[\n${units.map((family) => JSON.stringify(family)).join(",\n")}\n]\n`);
writeFileSync(join(folder, "thresholds.json"), `[\n${thresholds.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
