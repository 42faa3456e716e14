//! gexlab
