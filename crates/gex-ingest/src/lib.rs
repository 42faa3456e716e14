//! gex-ingest
