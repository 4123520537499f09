//! Writes a source with all of its mutants in it, each behind `crate::mutating::on(its number)`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::mutant::Mutant;

/// An expression, and what would be changed in it.
#[derive(Default)]
struct Node {
    alternatives: Vec<(usize, Range<usize>, String)>,
}

/// What is put in at one place, in place of `removed` bytes; of a mutant if it has a number.
struct Patch {
    removed: usize,
    text: String,
    mutant: Option<usize>,
}

/// A source as it is written, and where in it is what of which mutant.
pub struct Switched {
    pub text: String,
    /// What the mutant does.
    pub changed: Vec<(usize, Range<usize>)>,
    /// What asks whether it is on.
    pub asked: Vec<(usize, Range<usize>)>,
    /// Those for which there is no place: conditions of `let` chains, values of `impl Trait`.
    pub placeless: Vec<usize>,
}

/// `mutants` with their numbers, all of this source. `constant` are the functions that must stay `const`.
pub fn switch(source: &str, mutants: &[(usize, &Mutant)], constant: &HashSet<String>) -> Switched {
    let file = syn::parse_file(source).expect("a source that compiles");
    let mut finder =
        Finder { mutants, constant, nodes: BTreeMap::new(), patches: BTreeMap::new(), found: HashSet::new() };
    finder.visit_file(&file);
    let Finder { nodes, patches, found, .. } = finder;
    let nodes: Vec<_> = nodes.into_iter().map(|((start, Reverse(end)), node)| (start..end, node)).collect();
    let mut writer =
        Writer { source, nodes: &nodes, patches: &patches, text: String::new(), changed: vec![], asked: vec![] };
    writer.write(0..source.len(), 0);
    let Writer { text, changed, asked, .. } = writer;
    let placeless = mutants.iter().map(|(id, _)| *id).filter(|id| !found.contains(id)).collect();
    Switched { text, changed, asked, placeless }
}

struct Finder<'a> {
    mutants: &'a [(usize, &'a Mutant)],
    constant: &'a HashSet<String>,
    nodes: BTreeMap<(usize, Reverse<usize>), Node>,
    patches: BTreeMap<usize, Vec<Patch>>,
    found: HashSet<usize>,
}

impl Finder<'_> {
    /// The mutants of this genre that `fits` says are here.
    fn of(&self, genre: &str, fits: impl Fn(&Mutant) -> bool) -> Vec<usize> {
        let all = self.mutants.iter().filter(|(_, mutant)| mutant.genre == genre && fits(mutant));
        all.map(|(id, _)| *id).collect()
    }

    fn mutant(&self, id: usize) -> &Mutant {
        self.mutants.iter().find(|(other, _)| *other == id).expect("a mutant of this source").1
    }

    fn wrap(&mut self, node: Range<usize>, ids: Vec<usize>) {
        for id in ids {
            let mutant = self.mutant(id);
            let alternative = (id, mutant.span.clone(), mutant.replacement.clone());
            self.nodes.entry((node.start, Reverse(node.end))).or_default().alternatives.push(alternative);
            self.found.insert(id);
        }
    }

    fn put(&mut self, at: usize, removed: usize, text: String, mutant: Option<usize>) {
        self.patches.entry(at).or_default().push(Patch { removed, text, mutant });
        self.found.extend(mutant);
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if let Some(token) = &signature.constness
            && !self.constant.contains(&signature.ident.to_string())
        {
            let range = token.span().byte_range();
            self.put(range.start, range.len(), String::new(), None);
        }
        // of what returns `impl Trait` the changed value would have another type than the right one
        if matches!(&signature.output, syn::ReturnType::Type(_, it) if has_impl(it)) {
            return;
        }
        let body = block.span().byte_range();
        for id in self.of("FnValue", |mutant| body.start < mutant.span.start && mutant.span.end < body.end) {
            // of functions in one another the innermost is found last
            if !self.found.contains(&id) {
                let text = format!(" if crate::mutating::on({id}) {{ return {}; }}", self.mutant(id).replacement);
                self.put(body.start + 1, 0, text, Some(id));
            }
        }
    }
}

fn has_impl(returned: &syn::Type) -> bool {
    struct Look(bool);
    impl Visit<'_> for Look {
        fn visit_type_impl_trait(&mut self, _: &syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut look = Look(false);
    look.visit_type(returned);
    look.0
}

fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
            has_let(&binary.left) || has_let(&binary.right)
        }
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, item: &'ast syn::ExprBinary) {
        let operator = item.op.span().byte_range();
        if !has_let(&item.left) && !has_let(&item.right) {
            let ids = self.of("BinaryOperator", |mutant| mutant.span == operator);
            self.wrap(item.span().byte_range(), ids);
        }
        visit::visit_expr_binary(self, item);
    }

    fn visit_expr_unary(&mut self, item: &'ast syn::ExprUnary) {
        let operator = item.op.span().byte_range();
        let ids = self.of("UnaryOperator", |mutant| mutant.span == operator);
        self.wrap(item.span().byte_range(), ids);
        visit::visit_expr_unary(self, item);
    }

    fn visit_expr_struct(&mut self, item: &'ast syn::ExprStruct) {
        let starts: Vec<_> = item.fields.iter().map(|field| field.span().byte_range().start).collect();
        let ids = self.of("StructField", |mutant| starts.contains(&mutant.span.start));
        self.wrap(item.span().byte_range(), ids);
        visit::visit_expr_struct(self, item);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let whole = arm.span().byte_range();
        for id in self.of("MatchArm", |mutant| mutant.span.start == whole.start) {
            match &arm.guard {
                None => {
                    let text = format!(" if !crate::mutating::on({id})");
                    self.put(arm.pat.span().byte_range().end, 0, text, Some(id));
                }
                Some((_, guard)) => {
                    let guard = guard.span().byte_range();
                    self.put(guard.start, 0, format!("!crate::mutating::on({id}) && "), Some(id));
                }
            }
        }
        if let Some((_, guard)) = &arm.guard {
            let range = guard.span().byte_range();
            let ids = self.of("MatchArmGuard", |mutant| mutant.span == range);
            // in brackets, for what is put before it
            self.wrap(range.clone(), ids);
            self.nodes.entry((range.start, Reverse(range.end))).or_default();
        }
        visit::visit_arm(self, arm);
    }
}

struct Writer<'a> {
    source: &'a str,
    nodes: &'a [(Range<usize>, Node)],
    patches: &'a BTreeMap<usize, Vec<Patch>>,
    text: String,
    changed: Vec<(usize, Range<usize>)>,
    asked: Vec<(usize, Range<usize>)>,
}

impl Writer<'_> {
    /// Writes a part of the source. Its nodes are found from `next` on.
    fn write(&mut self, range: Range<usize>, mut next: usize) {
        let (source, nodes, patches) = (self.source, self.nodes, self.patches);
        let (mut at, mut unpatched) = (range.start, range.start);
        while at < range.end {
            let node = nodes.get(next).filter(|(node, _)| node.end <= range.end);
            let node_at = node.map_or(range.end, |(node, _)| node.start);
            let patch_at = patches.range(unpatched.max(at)..range.end).next().map_or(range.end, |(at, _)| *at);
            let stop = node_at.min(patch_at);
            self.text.push_str(&source[at..stop]);
            at = stop;
            // what is put in where a node begins comes before it
            if patch_at == stop && stop < range.end {
                at += self.patch(stop);
                unpatched = stop + 1;
            } else if let Some((whole, node)) = node {
                self.node(whole.clone(), node, next);
                at = whole.end;
                while nodes.get(next).is_some_and(|(node, _)| node.start < at) {
                    next += 1;
                }
            }
        }
    }

    fn patch(&mut self, at: usize) -> usize {
        let mut removed = 0;
        for patch in &self.patches[&at] {
            let start = self.text.len();
            self.text.push_str(&patch.text);
            if let Some(id) = patch.mutant {
                self.changed.push((id, start..self.text.len()));
            }
            removed += patch.removed;
        }
        removed
    }

    fn node(&mut self, whole: Range<usize>, node: &Node, index: usize) {
        self.text.push('(');
        for (id, inner, replacement) in &node.alternatives {
            let start = self.text.len();
            self.text.push_str(&format!("if crate::mutating::on({id}) {{ "));
            self.asked.push((*id, start..self.text.len()));
            let start = self.text.len();
            self.text.push_str(&self.source[whole.start..inner.start]);
            self.text.push_str(replacement);
            self.text.push_str(&self.source[inner.end..whole.end]);
            self.changed.push((*id, start..self.text.len()));
            self.text.push_str(" } else ");
        }
        if !node.alternatives.is_empty() {
            self.text.push_str("{ ");
        }
        self.inner(whole, index);
        if !node.alternatives.is_empty() {
            self.text.push_str(" }");
        }
        self.text.push(')');
    }

    /// The original of a node, with what is in it. What is put in at its very start was written before the node.
    fn inner(&mut self, whole: Range<usize>, index: usize) {
        let mut next = index + 1;
        let mut at = whole.start;
        if let Some((first, node)) = self.nodes.get(next).filter(|(node, _)| node.start == at) {
            self.node(first.clone(), node, next);
            at = first.end;
            while self.nodes.get(next).is_some_and(|(node, _)| node.start < at) {
                next += 1;
            }
        } else {
            let first = self.source[at..].chars().next().map_or(0, char::len_utf8);
            self.text.push_str(&self.source[at..at + first]);
            at += first;
        }
        self.write(at..whole.end, next);
    }
}
