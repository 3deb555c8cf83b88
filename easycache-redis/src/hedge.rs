//! Asking several that know the same.

use std::time::Duration;

use easycache_core::{Error, Result};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::timeout;

/// How long one may be silent before the next one is asked, too.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);

/// The answer of whoever is first. The next one is asked, which is when its turn in `candidates` comes, when one fails or
/// takes too long. Otherwise why none of them has answered.
pub(crate) async fn first<T, F: Future<Output = Result<T>>>(
    mut candidates: impl ExactSizeIterator<Item = F>,
) -> Result<T, Vec<Error>> {
    let (mut asked, mut troubles) = (FuturesUnordered::new(), Vec::new());
    loop {
        if let Some(candidate) = candidates.next() {
            asked.push(candidate);
        }
        let patience = if candidates.len() > 0 { PATIENCE } else { Duration::MAX };
        match timeout(patience, asked.next()).await {
            Ok(Some(Ok(answer))) => return Ok(answer),
            Ok(Some(Err(trouble))) => troubles.push(trouble),
            Ok(None) if candidates.len() == 0 => return Err(troubles),
            // Nobody has answered yet.
            Ok(None) | Err(_) => {}
        }
    }
}
