//! The backend on a real cluster of three masters and three replicas.

mod conformance;
