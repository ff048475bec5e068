// The only door to figures of rejects, repeats, exposure and sending, and to what is made of them: tables and a report.
export { openStatistics, type StatisticsParts, type StatisticsRoom } from './statistics.ts';
export { toCsv } from './csv.ts';
export { sayDays, writeReport } from './report.ts';
export { tableNames, tableOf, tableOfImages, type TableName } from './tables.ts';
