//! gex-sim
