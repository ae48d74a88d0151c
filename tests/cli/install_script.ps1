# Runs install.ps1 as Windows would, with what only Windows has replaced by functions that record their arguments.
#   pwsh -File install_script.ps1 SCRIPT CASE [ARGUMENT...]
param([string]$Script, [string]$Case, [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest)
$ErrorActionPreference = 'Stop'
$text = [IO.File]::ReadAllText($Script)
$tokens = $null; $errors = $null
$ast = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
if ($errors) { $errors | ForEach-Object { [Console]::Error.WriteLine($_.Message) }; exit 9 }

# The world of a case: everything is right, except for what its words change.
$stubs = @'
function Get-Edition { if ($env:CASE -match 'core') { 'Core' } else { 'Desktop' } }
function Get-Build { if ($env:CASE -match 'old') { 14393 } else { 17763 } }
function Get-ComputerName { if ($env:CASE -match 'othername') { 'OTHER', 'other.example.com' } else { 'X', $kit.Name } }
function Test-Administrator { $env:CASE -notmatch 'noadmin' }
function Get-PrivateKey($Certificate) {
    if ($env:CASE -match 'ksp') { return }
    @{ CspKeyContainerInfo = @{ KeyNumber = $(if ($env:CASE -match 'signature') { 'Signature' } else { 'Exchange' }); MachineKeyStore = $env:CASE -notmatch 'userstore'; ProviderName = 'SChannel' } }
}
'@
$records = @'
$global:installed = $env:CASE -match 'installed'
$global:joined = $false
function Note([string]$Words) { Write-Host ('CALL ' + $Words) }
function Get-Service { param($Name, $ErrorAction) if ($env:CASE -notmatch 'noservice') { 'HealthService' } }
function Import-Certificate { param($FilePath, $CertStoreLocation) Note ('Import-Certificate {0} {1}' -f (Split-Path $FilePath -Leaf), $CertStoreLocation); if ($CertStoreLocation -match 'My') { $global:installed = $true } }
function Import-PfxCertificate { param($FilePath, $CertStoreLocation, $Password)
    $plain = [Net.NetworkCredential]::new('', $Password).Password
    Note ('Import-PfxCertificate {0} password of {1} characters {2}' -f (Split-Path $FilePath -Leaf), $plain.Length, $(if ($plain -ceq $env:EXPECTED) { 'right' } else { 'wrong' }))
    if ($env:CASE -match 'badpassword') { throw 'The specified network password is not correct.' }
    $global:installed = $true }
function Read-Host { param([switch]$AsSecureString, $Prompt) Note 'Read-Host'; ConvertTo-SecureString $env:EXPECTED -AsPlainText -Force }
function Get-Item { param($LiteralPath, $ErrorAction)
    if ($LiteralPath -match '^Cert') { if ($global:installed) { @{ HasPrivateKey = $env:CASE -notmatch 'nokey' -or $global:joined } }; return }
    $item = [pscustomobject]@{}; $item | Add-Member -MemberType ScriptMethod -Name GetValue -Value { param($n) if ($env:CASE -match 'before') { [byte[]](1, 2) } }; $item }
function certutil.exe { Note ('certutil {0}' -f (($args | ForEach-Object { $_ }) -join ' ')); $global:joined = $true; $global:LASTEXITCODE = $(if ($env:CASE -match 'norepair') { 1 } else { 0 }) }
function Test-Path { param($LiteralPath, $PathType) if ($LiteralPath -match '^HKLM') { $env:CASE -notmatch 'noregistry' } else { [IO.File]::Exists($LiteralPath) } }
function New-Item { param($Path, [switch]$Force) Note ('New-Item ' + $Path) }
function New-ItemProperty { param($LiteralPath, $Name, $PropertyType, $Value, [switch]$Force) Note ('New-ItemProperty {0} {1} {2}' -f $Name, $PropertyType, $(if ($Value -is [byte[]]) { [BitConverter]::ToString($Value) } else { $Value })) }
function Restart-Service { param($Name) Note ('Restart-Service ' + $Name) }
function Start-Sleep { param($Seconds) }
$global:clock = [datetime]'2026-01-01'
function Get-Date { $global:clock = $global:clock.AddSeconds(4); $global:clock }
function Get-WinEvent { param($FilterHashtable, $ErrorAction)
    $id = if ($env:CASE -match 'event(\d+)') { [int]$Matches[1] } else { 20053 }
    if ($id) { [pscustomobject]@{ Id = $id; ProviderName = 'OpsMgr Connector'; TimeCreated = $global:clock } } }
'@
$names = [regex]::Matches($stubs, '(?m)^function ([\w-]+)') | ForEach-Object { $_.Groups[1].Value }
$found = $ast.FindAll({ param($node) $node -is [Management.Automation.Language.FunctionDefinitionAst] }, $true)
foreach ($name in $names) { if (-not ($found | Where-Object { $_.Name -eq $name })) { [Console]::Error.WriteLine("no function $name in the script"); exit 9 } }
foreach ($function in $found | Where-Object { $names -contains $_.Name } | Sort-Object { -$_.Extent.StartOffset }) {
    $text = $text.Remove($function.Extent.StartOffset, $function.Extent.EndOffset - $function.Extent.StartOffset)
}
$place = $text.IndexOf('Set-StrictMode')
$copy = Join-Path (Split-Path $Script) 'install.stubbed.ps1'
[IO.File]::WriteAllText($copy, $text.Insert($place, $stubs + "`n" + $records + "`n"))
$env:CASE = $Case
$given = @{}
for ($i = 0; $i -lt $Rest.Count; $i++) {
    $name = $Rest[$i].TrimStart('-')
    if ($i + 1 -lt $Rest.Count -and $Rest[$i + 1] -notmatch '^-') { $given[$name] = $Rest[++$i] } else { $given[$name] = $true }
}
& $copy @given
exit $LASTEXITCODE
