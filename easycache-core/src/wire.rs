//! What is written to a backend: names, blobs, digests. The one place that knows their layout.

mod blob;
mod codec;
mod compression;
mod digest;
mod extra;
mod layout;

pub use self::{
    blob::{BLOB_EXPIRED, BLOB_FLAGS, BLOB_ID, HEADER_LEN},
    codec::Codec,
    compression::Compression,
};
pub(crate) use self::{
    blob::{Blob, Draft, Head, Window},
    codec::{Encoded, Form},
    digest::{Digest, Schema, Stamped, digest},
    extra::Extra,
    layout::Layout,
};
