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

fn main() {}
