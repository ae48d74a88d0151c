# Runs new-scom-template.ps1 as Windows would, with the cmdlets of Windows replaced by functions that record their arguments.
#   pwsh -File template_script.ps1 SCRIPT CASE [ARGUMENT...]
param([string]$Script, [string]$Case, [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest)
$ErrorActionPreference = 'Stop'
$env:CASE = $Case
function global:Note([string]$Words) { Write-Host ('CALL ' + $Words) }
function global:Text($Value) {
    if ($Value -is [byte[]]) { return [BitConverter]::ToString($Value) }
    @($Value) -join ';'
}
if ($Case -notmatch 'nomodule') {
    function global:Get-ADRootDSE {
        if ($env:CASE -match 'nodirectory') { throw 'Unable to find a default server.' }
        [pscustomobject]@{ configurationNamingContext = 'CN=Configuration,DC=contoso,DC=com' }
    }
    function global:New-ADObject {
        param($Type, $Path, $Name, $DisplayName, [hashtable]$OtherAttributes)
        if ($env:CASE -match 'denyoid' -and $Type -match 'Oid') { throw 'Access is denied.' }
        if ($env:CASE -match 'denytemplate' -and $Type -match 'Template') { throw 'Access is denied.' }
        Note "New-ADObject $Type $Name in $Path"
        foreach ($key in ($OtherAttributes.Keys | Sort-Object)) { Note "  $key=$(Text $OtherAttributes[$key])" }
    }
}
if ($Case -match 'ca') {
    function global:Add-CATemplate { param($Name, [switch]$Force)
        if ($env:CASE -match 'denypublish') { throw 'CA is not running.' }
        Note "Add-CATemplate $Name" }
    function global:Get-CATemplate { if ($env:CASE -match 'published') { [pscustomobject]@{ Name = 'OperationsManagerCert' } } }
}
$global:tries = 0
function global:Get-ADObject {
    param($Identity, $SearchBase, $Filter, $Properties)
    if ($Identity) {
        return [pscustomobject]@{ 'msPKI-Cert-Template-OID' = $(if ($env:CASE -notmatch 'nobase') { '1.3.6.1.4.1.311.21.8.1.2.3' }) }
    }
    if ($Filter -match 'OID') { $global:tries++; if ($env:CASE -match 'taken' -and $global:tries -lt 3) { Note 'taken'; return 1 }; return }
    if ($env:CASE -notmatch 'there') { return }
    if ($env:CASE -match 'bare') { return [pscustomobject]@{ 'flags' = 131672 } }
    $uses = @('1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1')
    [pscustomobject]@{
        'flags' = 131672; 'revision' = 100; 'msPKI-Template-Schema-Version' = 2; 'msPKI-Template-Minor-Revision' = 1
        'msPKI-RA-Signature' = 0; 'msPKI-Minimal-Key-Size' = $(if ($env:CASE -match 'weak') { 1024 } else { 2048 })
        'msPKI-Certificate-Name-Flag' = 1; 'msPKI-Enrollment-Flag' = 24; 'msPKI-Private-Key-Flag' = 16
        'msPKI-Certificate-Application-Policy' = $uses; 'pKIExtendedKeyUsage' = $uses; 'pKICriticalExtensions' = @('2.5.29.15')
        'pKIKeyUsage' = [byte[]](160, 0); 'pKIDefaultKeySpec' = 1; 'pKIMaxIssuingDepth' = 0
        'pKIDefaultCSPs' = @('2,Microsoft Enhanced Cryptographic Provider v1.0', '1,Microsoft RSA SChannel Cryptographic Provider')
        'pKIExpirationPeriod' = [byte[]](0x00, 0x80, 0x72, 0x0e, 0x5d, 0xc2, 0xfd, 0xff); 'pKIOverlapPeriod' = [byte[]](0x00, 0x80, 0xa6, 0x0a, 0xff, 0xde, 0xff, 0xff)
    }
}
function global:Get-Acl { param($LiteralPath)
    if ($env:CASE -match 'denyacl') { throw 'Access is denied.' }
    $acl = [pscustomobject]@{}
    $acl | Add-Member -MemberType ScriptMethod -Name AddAccessRule -Value { param($rule) Note "AddAccessRule $rule" } -PassThru }
function global:Set-Acl { param($LiteralPath, $AclObject) Note "Set-Acl $LiteralPath" }
function global:New-Object { param($TypeName, [Parameter(ValueFromRemainingArguments = $true)]$Arguments)
    if ($TypeName -notmatch 'NTAccount') { return (@($Arguments) | ForEach-Object { @($_) -join ' ' }) -join ' ' }
    $account = [pscustomobject]@{}
    $account | Add-Member -MemberType ScriptMethod -Name Translate -PassThru -Value { param($type)
        if ($env:CASE -match 'nogroup') { throw 'Some or all identity references could not be translated.' }
        if ($env:CASE -match 'everybody') { 'S-1-5-11' } elseif ($env:CASE -match 'computers') { 'S-1-5-21-1-2-3-515' } else { 'S-1-5-21-1-2-3-1105' } } }
$given = @{}
for ($i = 0; $i -lt $Rest.Count; $i++) {
    $name = $Rest[$i].TrimStart('-')
    if ($i + 1 -lt $Rest.Count -and $Rest[$i + 1] -notmatch '^-') { $given[$name] = $Rest[++$i] } else { $given[$name] = $true }
}
& $Script @given
exit $LASTEXITCODE
