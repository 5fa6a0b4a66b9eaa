// Compiles a dbt project as Lightdash does, and prints its explores as JSON: `node lightdash.cjs manifest.json`.
//
// Lightdash takes the types of columns from the warehouse; here, they are those of the models' contracts.
const fs = require("fs");
const { convertExplores, normaliseModelDatabase } = require("@lightdash/common");

const TYPES = { number: /int|numeric|decimal|double/, boolean: /bool/, timestamp: /timestamp/, date: /^date$/ };
const AGGREGATIONS = { sum: "sum(", average: "avg(", count_distinct: "count(distinct " };

const manifest = JSON.parse(fs.readFileSync(process.argv[2]));
const adapter = manifest.metadata.adapter_type;
const models = Object.values(manifest.nodes)
    .filter((node) => node.resource_type === "model")
    .map((node) => normaliseModelDatabase(node, adapter));
for (const column of models.flatMap((model) => Object.values(model.columns))) {
    const [type] = Object.entries(TYPES).find(([, pattern]) => pattern.test(column.data_type ?? "")) ?? ["string"];
    column.data_type = type;
}
const warehouse = {
    getAdapterType: () => adapter,
    getStartOfWeek: () => null,
    getStringQuoteChar: () => "'",
    getEscapeStringQuoteChar: () => "'",
    getFieldQuoteChar: () => '"',
    getFloatingType: () => "double",
    escapeString: (text) => text.replaceAll("'", "''"),
    getMetricSql: (sql, { type }) => (type in AGGREGATIONS ? `${AGGREGATIONS[type]}${sql})` : sql),
};
convertExplores(models, false, adapter, warehouse, { spotlight: { default_visibility: "show" } }).then((explores) =>
    console.log(JSON.stringify(explores)),
);
