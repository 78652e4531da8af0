// Module ids by name, not by absolute path: the same sources give the same bytes in every folder.
module.exports = { optimization: { moduleIds: 'named', chunkIds: 'named' } };
