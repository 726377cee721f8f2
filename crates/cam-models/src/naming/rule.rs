/// A line of a table: the leading parts of a name, and what stands in their place here.
pub(super) struct Rule {
    /// Dotted parts; `*` is a number.
    pub(super) from: &'static str,
    /// The new parts, from the numbers.
    pub(super) to: fn(&[usize]) -> String,
}

impl Rule {
    /// The numbers in the leading parts of a name that fits, and the rest of the name.
    pub(super) fn numbers<'a>(&self, name: &'a str) -> Option<(Vec<usize>, &'a str)> {
        let mut numbers = Vec::new();
        let mut rest = name;
        for part in self.from.split('.') {
            let (first, others) = rest.split_once('.')?;
            match part.strip_suffix('*') {
                Some(word) => numbers.push(number(first.strip_prefix(word)?)?),
                None if part != first => return None,
                None => {}
            }
            rest = others;
        }
        Some((numbers, rest))
    }
}

/// A name by the first rule that fits. `starts`: the blocks before each stage, where two numbers
/// are a stage and a block in it.
pub(super) fn first(rules: &[Rule], name: &str, starts: &[usize]) -> Option<String> {
    let (rule, (numbers, rest)) =
        rules.iter().find_map(|rule| Some((rule, rule.numbers(name)?)))?;
    let numbers = match numbers.as_slice() {
        [stage, block] if !starts.is_empty() => vec![starts.get(*stage)?.checked_add(*block)?],
        _ => numbers,
    };
    Some(format!("{}.{rest}", (rule.to)(&numbers)))
}

/// Of `blocks.2.1.conv_pw.weight`, 2 and 1.
pub(super) fn stage_and_block(name: &str) -> Option<[usize; 2]> {
    let mut parts = name.strip_prefix("blocks.")?.split('.');
    Some([number(parts.next()?)?, number(parts.next()?)?])
}

/// A number as Python writes it: no sign, no leading zero, so that no two names mean the same. One
/// that no network reaches is part of a damaged name.
fn number(text: &str) -> Option<usize> {
    let number = text.parse().ok().filter(|&number: &usize| number < 1_000_000)?;
    (number.to_string() == text).then_some(number)
}
