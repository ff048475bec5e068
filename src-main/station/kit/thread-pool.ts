// Makes the thread pool large enough before anything uses it: each association may wait for a sync of its own, and with
// the usual four threads a slow disk would hold up reading as well. To be imported before everything else.
process.env['UV_THREADPOOL_SIZE'] ??= '16';
