//! gex-report
