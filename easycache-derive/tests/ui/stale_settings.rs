use easycache::ecached;

#[ecached("a", refresh = "inline")]
fn nothing_to_refresh() -> u32 {
    1
}

#[ecached("b", stale_if_error = "0s", stale_while_revalidate = "soon")]
fn no_window() -> u32 {
    1
}

#[ecached("c", early_refresh = -1.0, refresh = "later")]
fn no_eagerness() -> u32 {
    1
}

#[ecached("d", timeout = { soft = "2s", hard = "1s" }, stale_if_error = "1h")]
async fn never_soft() -> Result<u32, easycache::Error> {
    Ok(1)
}

#[ecached("e", timeout = { soft = "2s" })]
async fn nothing_to_serve() -> u32 {
    1
}

#[ecached("f", timeout = 0)]
async fn no_time() -> Result<u32, easycache::Error> {
    Ok(1)
}

fn main() {}
